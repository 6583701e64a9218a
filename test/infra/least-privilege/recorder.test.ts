import { BatchGetItemCommand, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { ListQueuesCommand, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { beforeEach, expect, test } from "vitest";
import { dynamoClient, sqsClient } from "../../../src/aws/clients.ts";
import { actionOf } from "./actions.ts";
import { Recorder } from "./recorder.ts";

// Nothing listens there: what matters is what was asked for.
const settings = {
  endpoint: "http://127.0.0.1:1",
  region: "eu-west-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
};
const itself = (resource: string) => resource;
let recorder: Recorder;

beforeEach(() => {
  recorder = new Recorder();
});

test("an operation whose IAM action is not known is not passed over", () => {
  expect(() => actionOf("TransactWriteItems")).toThrow(/TransactWriteItems.*actions\.ts/);
  expect(() => actionOf("constructor")).toThrow(/actions\.ts/);
});

test("a call that names no resource is not passed over", async () => {
  const sqs = recorder.noting(sqsClient({ settings }));
  await expect(sqs.send(new ListQueuesCommand({}))).rejects.toThrow();
  expect(() => recorder.entries(itself)).toThrow(/ListQueues names no queue and no table/);
});

test("a call of DynamoDB that names no table is not passed over either", async () => {
  const dynamo = recorder.noting(dynamoClient({ settings }));
  await expect(dynamo.send(new ListTablesCommand({}))).rejects.toThrow();
  expect(() => recorder.entries(itself)).toThrow(/ListTables/);
});

test("calls that fail are recorded, each with all its resources, by the step they were made in", async () => {
  const sqs = recorder.noting(sqsClient({ settings }));
  const dynamo = recorder.noting(dynamoClient({ settings }));
  recorder.begin("sends");
  const QueueUrl = `${settings.endpoint}/123456789012/results`;
  const send = new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "0", MessageBody: "body" }] });
  await expect(sqs.send(send)).rejects.toThrow();
  recorder.begin("reads");
  const Keys = [{ id: { S: "1" } }];
  const read = new BatchGetItemCommand({ RequestItems: { products: { Keys }, others: { Keys } } });
  await expect(dynamo.send(read)).rejects.toThrow();
  expect(recorder.entries((resource) => resource.slice(resource.lastIndexOf("/") + 1))).toEqual(
    new Map([
      ["sends", new Set(["sqs:SendMessage results"])],
      ["reads", new Set(["dynamodb:BatchGetItem products", "dynamodb:BatchGetItem others"])],
    ]),
  );
});
