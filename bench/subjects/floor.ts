import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { BatchGetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { dynamoClient, pollingClient, sqsClient } from "../../src/aws/clients.ts";
import { announceReceiving, environment } from "./announce.ts";
import { startFloor } from "./floor-job.ts";

/* The floor over the worker's own clients: what this project's choice of SDK and settings costs at the least. */

const settings = { userAgentAppId: "floor" };
const maxSockets = 250;
const polling = pollingClient({ maxSockets, settings });
const sqs = sqsClient({ maxSockets, settings });
const dynamo = dynamoClient({ maxSockets, settings });
const TableName = environment("TABLE_NAME");
const requests = environment("REQUESTS_QUEUE_URL");
const results = environment("RESULTS_QUEUE_URL");

startFloor<unknown>({
  receive: async (WaitTimeSeconds) => {
    const input = { QueueUrl: requests, MaxNumberOfMessages: 10, WaitTimeSeconds };
    const { Messages = [] } = await polling.send(new ReceiveMessageCommand(input));
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
