import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { BatchGetCommand, DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { HttpHandler } from "../../src/aws/http-handler.ts";
import { requestSigner } from "../../src/aws/signer.ts";
import { announceReceiving, environment } from "./announce.ts";
import { startFloor } from "./floor-job.ts";

/*
 * The floor over the AWS SDK: its clients as they are, on the worker's request handler, with the options that take the
 * least CPU.
 */

const TIMEOUT_MS = 30_000;
const common = { maxAttempts: 1, requestHandler: new HttpHandler(TIMEOUT_MS, 250) };
const sqs: SQSClient = new SQSClient({
  ...common,
  md5: false,
  signer: async () => requestSigner("sqs", sqs.config),
});
const dynamo: DynamoDBDocumentClient = DynamoDBDocumentClient.from(
  new DynamoDBClient({ ...common, signer: async () => requestSigner("dynamodb", dynamo.config) }),
);
const TableName = environment("TABLE_NAME");
const requests = environment("REQUESTS_QUEUE_URL");
const results = environment("RESULTS_QUEUE_URL");

startFloor<unknown>({
  receive: async (WaitTimeSeconds) => {
    const input = { QueueUrl: requests, MaxNumberOfMessages: 10, WaitTimeSeconds };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(input));
    return Messages;
  },
  write: async (id, ExpressionAttributeValues, setting) => {
    const input = { TableName, Key: { id }, ExpressionAttributeValues, ...setting };
    try {
      await dynamo.send(new UpdateCommand({ ...input, ReturnValues: "ALL_OLD" }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  },
  read: async (ids) => {
    const Keys = ids.map((id) => ({ id }));
    const RequestItems = { [TableName]: { Keys, ConsistentRead: true } };
    const { Responses } = await dynamo.send(new BatchGetCommand({ RequestItems }));
    return new Map((Responses?.[TableName] ?? []).map((item) => [item.id as string, item]));
  },
  send: async (Entries) => {
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: results, Entries }));
  },
  remove: async (Entries) => {
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: requests, Entries }));
  },
});
announceReceiving();
