import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamoClient, sqsClient } from "../../src/aws/clients.ts";
import { classify, EntryFailed, type FailureClass, isReceiptGone } from "../../src/aws/failures.ts";
import { type FaultProxy, startProxy } from "../support/proxy.ts";

const settings = { region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } };
let proxy: FaultProxy;

beforeAll(async () => {
  proxy = await startProxy("http://127.0.0.1:1");
});
afterAll(() => proxy.close());

async function dynamoError(endpoint: string, timeoutMs?: number): Promise<unknown> {
  const client = dynamoClient({ settings: { ...settings, endpoint }, ...(timeoutMs && { timeoutMs }) });
  const command = new UpdateItemCommand({ TableName: "products", Key: { id: { S: "p" } } });
  return sameTwice(() => client.send(command));
}

async function sqsError(endpoint: string): Promise<unknown> {
  const client = sqsClient({ settings: { ...settings, endpoint } });
  const Entries = [{ Id: "0", MessageBody: "x" }];
  return sameTwice(() => client.send(new SendMessageBatchCommand({ QueueUrl: `${endpoint}/1/q`, Entries })));
}

/** A client's first call is made by the SDK, the next directly: both are to fail the same. */
async function sameTwice(call: () => Promise<unknown>): Promise<unknown> {
  const attempt = () =>
    call().then(
      () => expect.unreachable(),
      (error: unknown) => error,
    );
  const first = await attempt();
  const second = await attempt();
  expect(classify(second)).toBe(classify(first));
  return second;
}

// Every error that botocore's and the SDK's models list for the operations the worker makes, and those that
// any AWS service may answer with.
const dynamo: [string, FailureClass, string?][] = [
  ["ConditionalCheckFailedException", "rejected"],
  ["InternalServerError", "unavailable"],
  ["ItemCollectionSizeLimitExceededException", "rejected"],
  ["ProvisionedThroughputExceededException", "throttled"],
  ["ReplicatedWriteConflictException", "throttled"],
  ["RequestLimitExceeded", "throttled"],
  ["ResourceNotFoundException", "unavailable"],
  ["ThrottlingException", "throttled"],
  ["TransactionConflictException", "throttled"],
  ["ValidationException", "rejected", "Item size has exceeded the maximum allowed size"],
  ["ValidationException", "unavailable", "KMS key disabled error: arn:aws:kms:eu-west-1:1:key/2 is disabled"],
  ["ValidationException", "unavailable", "KMS key error: arn:aws:kms:eu-west-1:1:key/2 is pending deletion"],
  ["AccessDeniedException", "unavailable", "KMS key access denied error: arn:aws:kms:eu-west-1:1:key/2"],
  ["AccessDeniedException", "unavailable"],
  ["ExpiredTokenException", "unavailable"],
  ["IncompleteSignature", "unavailable"],
  ["InvalidSignatureException", "unavailable"],
  ["MissingAuthenticationToken", "unavailable"],
  ["OptInRequired", "unavailable"],
  ["SerializationException", "rejected"],
  ["ServiceUnavailable", "unavailable"],
  ["UnrecognizedClientException", "unavailable"],
  ["SomethingNew", "unexpected"],
];
const sqs: [string, FailureClass][] = [
  ["BatchEntryIdsNotDistinct", "rejected"],
  ["BatchRequestTooLong", "rejected"],
  ["EmptyBatchRequest", "rejected"],
  ["InvalidAddress", "unavailable"],
  ["InvalidAttributeName", "rejected"],
  ["InvalidBatchEntryId", "rejected"],
  ["InvalidMessageContents", "rejected"],
  ["InvalidSecurity", "unavailable"],
  ["KmsAccessDenied", "unavailable"],
  ["KmsDisabled", "unavailable"],
  ["KmsInvalidKeyUsage", "unavailable"],
  ["KmsInvalidState", "unavailable"],
  ["KmsNotFound", "unavailable"],
  ["KmsOptInRequired", "unavailable"],
  ["KmsThrottled", "throttled"],
  ["KMS.AccessDeniedException", "unavailable"],
  ["KMS.DisabledException", "unavailable"],
  ["KMS.InvalidKeyUsageException", "unavailable"],
  ["KMS.InvalidStateException", "unavailable"],
  ["KMS.NotFoundException", "unavailable"],
  ["KMS.OptInRequired", "unavailable"],
  ["KMS.ThrottlingException", "throttled"],
  ["OverLimit", "throttled"],
  ["QueueDoesNotExist", "unavailable"],
  ["AWS.SimpleQueueService.NonExistentQueue", "unavailable"],
  ["RequestThrottled", "throttled"],
  ["TooManyEntriesInBatchRequest", "rejected"],
  ["UnsupportedOperation", "rejected"],
];

describe("an answer of DynamoDB", () => {
  test.each(dynamo)("%s is %s", async (type, expected, message) => {
    proxy.faults = () => ({ kind: "error", type, ...(message && { message }) });
    expect(classify(await dynamoError(proxy.endpoint))).toBe(expected);
  });
});

describe("an answer of SQS", () => {
  test.each(sqs)("%s is %s", async (type, expected) => {
    proxy.faults = () => ({ kind: "error", type });
    expect(classify(await sqsError(proxy.endpoint))).toBe(expected);
  });

  test.each(sqs)("%s is %s for a single entry of a batch too", (type, expected) => {
    expect(classify(new EntryFailed(type, "m"))).toBe(expected);
  });
});

describe("without an AWS error in the answer", () => {
  test.each([
    [500, "unavailable"],
    [502, "unavailable"],
    [503, "unavailable"],
    [403, "unavailable"],
    [429, "throttled"],
  ] as const)("status %i is %s", async (status, expected) => {
    proxy.faults = () => ({ kind: "status", status });
    expect(classify(await dynamoError(proxy.endpoint))).toBe(expected);
    expect(classify(await sqsError(proxy.endpoint))).toBe(expected);
  });
});

describe("a call that got no answer is unavailable", () => {
  test("where nothing listens", async () => {
    expect(classify(await dynamoError("http://127.0.0.1:1"))).toBe("unavailable");
  });

  test("where the host does not resolve", async () => {
    expect(classify(await dynamoError("http://nowhere.invalid:80"))).toBe("unavailable");
  });

  test("where the connection is closed", async () => {
    proxy.faults = () => ({ kind: "refuse" });
    expect(classify(await sqsError(proxy.endpoint))).toBe("unavailable");
  });

  test("where it never comes", async () => {
    proxy.faults = () => ({ kind: "hang" });
    expect(classify(await dynamoError(proxy.endpoint, 50))).toBe("unavailable");
  });

  test("where it stops in the middle", async () => {
    proxy.faults = () => ({ kind: "stall" });
    expect(classify(await dynamoError(proxy.endpoint, 50))).toBe("unavailable");
  });

  test("where TLS fails", async () => {
    const server = createServer((socket) => socket.end("this is not TLS")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(classify(await dynamoError(`https://127.0.0.1:${port}`))).toBe("unavailable");
    server.close();
  });

  test("where there are no credentials", async () => {
    const client = sqsClient({
      settings: {
        ...settings,
        endpoint: proxy.endpoint,
        credentials: async () => {
          throw Object.assign(new Error("Could not load credentials from any providers"), {
            name: "CredentialsProviderError",
          });
        },
      },
    });
    const Entries = [{ Id: "0", MessageBody: "x" }];
    const error = await client
      .send(new SendMessageBatchCommand({ QueueUrl: proxy.endpoint, Entries }))
      .catch((e) => e);
    expect(classify(error)).toBe("unavailable");
  });
});

test("what is no AWS failure is unexpected", () => {
  for (const thrown of [new Error("a bug"), new TypeError("x is undefined"), undefined, "text", {}]) {
    expect(classify(thrown)).toBe("unexpected");
  }
});

test("a receipt handle that is no good any more is told from other rejections", () => {
  expect(isReceiptGone(new EntryFailed("ReceiptHandleIsInvalid", "m"))).toBe(true);
  expect(isReceiptGone(new EntryFailed("MessageNotInflight", "m"))).toBe(true);
  expect(isReceiptGone(new EntryFailed("InvalidParameterValue", "m"))).toBe(false);
});
