import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { announceReceiving, environment } from "./announce.ts";
import { type FloorMessage, startFloor } from "./floor-job.ts";
import { RawError, rawClient } from "./raw-client.ts";

/* The floor without the SDK: the limit that no setting of it reaches. */

const common = { contentType: "application/x-amz-json-1.0", app: "floor-raw" };
const sqs = rawClient({
  endpoint: process.env.AWS_ENDPOINT_URL_SQS ?? "",
  service: "sqs",
  target: "AmazonSQS",
  ...common,
});
const dynamo = rawClient({
  endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB ?? "",
  service: "dynamodb",
  target: "DynamoDB_20120810",
  ...common,
});
const TableName = environment("TABLE_NAME");
const requests = environment("REQUESTS_QUEUE_URL");
const results = environment("RESULTS_QUEUE_URL");
type Attributes = Record<string, AttributeValue>;

startFloor<unknown>({
  receive: async (WaitTimeSeconds) => {
    const input = { QueueUrl: requests, MaxNumberOfMessages: 10, WaitTimeSeconds };
    const { Messages } = await sqs<{ Messages?: FloorMessage[] | null }>("ReceiveMessage", input);
    return Messages ?? [];
  },
  write: async (id, values, setting) => {
    const ExpressionAttributeValues = marshall(values, { removeUndefinedValues: true });
    const input = { TableName, Key: { id: { S: id } }, ExpressionAttributeValues, ...setting };
    try {
      await dynamo("UpdateItem", { ...input, ReturnValues: "ALL_OLD" });
    } catch (error) {
      if (!(error instanceof RawError && error.type.endsWith("#ConditionalCheckFailedException")))
        throw error;
    }
  },
  read: async (ids) => {
    const Keys = ids.map((id) => ({ id: { S: id } }));
    const RequestItems = { [TableName]: { Keys, ConsistentRead: true } };
    type Output = { Responses: Record<string, Attributes[]> };
    const { Responses } = await dynamo<Output>("BatchGetItem", { RequestItems });
    return new Map((Responses[TableName] ?? []).map((item) => [String(item.id?.S), unmarshall(item)]));
  },
  send: async (Entries) => {
    await sqs("SendMessageBatch", { QueueUrl: results, Entries });
  },
  remove: async (Entries) => {
    await sqs("DeleteMessageBatch", { QueueUrl: requests, Entries });
  },
});
announceReceiving();
