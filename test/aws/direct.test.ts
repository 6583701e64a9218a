import { hash } from "node:crypto";
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dynamoClient, sqsClient } from "../../src/aws/clients.ts";
import { type Captured, type CaptureServer, useCapture } from "../support/capture.ts";

/*
 * The SDK's own clients, untouched, are what the calls on a message's path are held to: the same request for the same
 * input, and the same output or error for the same answer.
 */

const common = { region: "eu-west-1", credentials: { accessKeyId: "AKID", secretAccessKey: "secret" } };
const plain = { ...common, maxAttempts: 1, userAgentAppId: "product-worker" };
const capture = useCapture();

interface Sends {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the command is, both kinds of client take it
  send(command: any): Promise<any>;
}

/** A client of each kind; the worker's has made its first call of `command` already. */
async function clientsFor(command: object): Promise<{ sdk: Sends; ours: Sends }> {
  const settings = { ...common, endpoint: capture.server.endpoint };
  const ofDynamo = command instanceof UpdateItemCommand || command instanceof BatchGetItemCommand;
  const sdk: Sends = ofDynamo
    ? new DynamoDBClient({ ...plain, endpoint: capture.server.endpoint })
    : new SQSClient({ ...plain, endpoint: capture.server.endpoint, md5: false });
  const ours: Sends = ofDynamo ? dynamoClient({ settings }) : sqsClient({ settings });
  await ours.send(command).catch(() => {});
  return { sdk, ours };
}

/** A request without what each has of its own. */
function lasting({ method, path, headers, body }: Captured) {
  // Members may stand in another order, and then the digest is another.
  expect(headers["x-amz-content-sha256"]).toBe(hash("sha256", body));
  const own = [
    ...["amz-sdk-invocation-id", "amz-sdk-request", "x-amzn-trace-id"],
    ...["x-amz-date", "authorization", "x-amz-content-sha256"],
  ];
  // Of the HTTP library, not signed.
  const kept = Object.entries(headers).filter(([name]) => ![...own, "connection"].includes(name));
  return { method, path, headers: Object.fromEntries(kept), body: JSON.parse(body) };
}

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const QueueUrl = "http://sqs.eu-west-1.amazonaws.com/123456789012/product-requests.fifo";
const entries = <T>(entry: fc.Arbitrary<T>) => fc.array(entry, { minLength: 1, maxLength: 10 });
const bytes = fc.uint8Array({ maxLength: 20 });
const attribute = fc.oneof(
  fc.record({ DataType: fc.constant("String"), StringValue: text }),
  fc.record({ DataType: fc.constant("Binary"), BinaryValue: bytes }),
);
const value = fc.oneof(
  text.map((S) => ({ S })),
  fc.integer().map((n) => ({ N: String(n) })),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.constant({ NULL: true as const }),
  fc.array(text.map((S) => ({ S }))).map((L) => ({ L })),
  fc
    .dictionary(
      text,
      text.map((S) => ({ S })),
    )
    .map((M) => ({ M })),
);

const commands: Record<string, fc.Arbitrary<object>> = {
  ReceiveMessage: fc
    .integer({ min: 1, max: 10 })
    .map((most) => new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: most, WaitTimeSeconds: 20 })),
  SendMessageBatch: entries(
    fc.record(
      {
        Id: text,
        MessageBody: text,
        MessageGroupId: text,
        MessageAttributes: fc.dictionary(text, attribute),
      },
      { requiredKeys: ["Id", "MessageBody"] },
    ),
  ).map((Entries) => new SendMessageBatchCommand({ QueueUrl, Entries })),
  DeleteMessageBatch: entries(fc.record({ Id: text, ReceiptHandle: text })).map(
    (Entries) => new DeleteMessageBatchCommand({ QueueUrl, Entries }),
  ),
  ChangeMessageVisibilityBatch: entries(
    fc.record({ Id: text, ReceiptHandle: text, VisibilityTimeout: fc.nat() }),
  ).map((Entries) => new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
  UpdateItem: fc.dictionary(text, value).map(
    (values) =>
      new UpdateItemCommand({
        TableName: "products",
        Key: { id: { S: "1" } },
        UpdateExpression: "SET #0=:0",
        ConditionExpression: undefined,
        ExpressionAttributeValues: values,
        ReturnValues: "ALL_OLD",
      }),
  ),
  BatchGetItem: entries(text).map(
    (ids) =>
      new BatchGetItemCommand({
        RequestItems: { products: { Keys: ids.map((S) => ({ id: { S } })), ConsistentRead: true } },
      }),
  ),
};

test.each(Object.keys(commands))("a %s is the request that the SDK makes of it", async (operation) => {
  const command = commands[operation] as fc.Arbitrary<object>;
  const { sdk, ours } = await clientsFor(fc.sample(command, 1)[0] as object);
  await fc.assert(
    fc.asyncProperty(command, async (each) => {
      capture.server.seen = [];
      await sdk.send(each);
      await ours.send(each);
      const [expected, made] = capture.server.seen as [Captured, Captured];
      expect(lasting(made)).toEqual(lasting(expected));
    }),
    { numRuns: 30 },
  );
});

describe("an answer is what the SDK makes of it", () => {
  const receive = new ReceiveMessageCommand({ QueueUrl });
  const update = new UpdateItemCommand({ TableName: "products", Key: { id: { S: "1" } } });
  const send = new SendMessageBatchCommand({ QueueUrl, Entries: [] });
  const error = (type: string, more: object = {}) =>
    JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "no", ...more });
  const Body = '{"é":"\u{1F600}"}';
  const message = { MessageId: "m", ReceiptHandle: "r", Body, Attributes: { SentTimestamp: "1" } };
  const binary = { ...message, MessageAttributes: { a: { DataType: "Binary", BinaryValue: "AAEC" } } };
  const item = {
    id: { S: "1" },
    price: { N: "1.5" },
    tags: { L: [{ S: "a" }] },
    more: { M: { a: { NULL: true } } },
  };

  test.each<[string, object, CaptureServer["answer"]]>([
    ["an empty object", receive, { status: 200, body: "{}" }],
    ["nothing", receive, { status: 200, body: "" }],
    ["messages", receive, { status: 200, body: JSON.stringify({ Messages: [message, message] }) }],
    [
      "a message with bytes among its attributes",
      receive,
      { status: 200, body: JSON.stringify({ Messages: [binary] }) },
    ],
    [
      "a batch's outcome",
      send,
      { status: 200, body: JSON.stringify({ Successful: [{ Id: "0" }], Failed: [] }) },
    ],
    ["an item", update, { status: 200, body: JSON.stringify({ Attributes: item }) }],
    [
      "a failed condition",
      update,
      { status: 400, body: error("ConditionalCheckFailedException", { Item: item }) },
    ],
    ["a key that is disabled", update, { status: 400, body: error("ValidationException") }],
    ["an error nobody knows", update, { status: 400, body: error("SomethingNew") }],
    [
      "a queue that is not there",
      receive,
      {
        status: 400,
        headers: { "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender" },
        body: JSON.stringify({ __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "no" }),
      },
    ],
    ["a server's trouble, without JSON", update, { status: 503, body: "<html>" }],
    ["a success that is no JSON", receive, { status: 200, body: "<html>" }],
  ])("%s", async (_, command, answer) => {
    const { sdk, ours } = await clientsFor(command);
    capture.server.answer = answer;
    const [expected, got] = await Promise.allSettled([sdk.send(command), ours.send(command)]);
    expect(got.status).toBe(expected.status);
    if (expected.status === "rejected" && got.status === "rejected") {
      expect(got.reason).toEqual(expected.reason);
      expect(got.reason.constructor).toBe(expected.reason.constructor);
      const { requestId, httpStatusCode } = expected.reason.$metadata ?? {};
      expect(got.reason.$metadata).toMatchObject({ requestId, httpStatusCode });
    } else if (expected.status === "fulfilled" && got.status === "fulfilled") {
      const { $metadata: metadata, ...output } = got.value;
      const { $metadata: theirs, ...theirOutput } = expected.value;
      expect(output).toEqual(theirOutput);
      expect(theirs).toMatchObject(metadata);
    }
  });

  test("a failed condition brings the item, as an error of its class", async () => {
    const { ours } = await clientsFor(update);
    capture.server.answer = { status: 400, body: error("ConditionalCheckFailedException", { Item: item }) };
    const failure = await ours.send(update).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
    expect(failure).toMatchObject({ Item: item });
  });
});
