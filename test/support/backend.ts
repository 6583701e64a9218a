import { randomUUID } from "node:crypto";
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { SQSClient, SQSClientConfig } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoClient, sqsClient } from "../../src/aws/clients.ts";
import { startServers } from "../../tools/local/backends.ts";
import type { CallCounts } from "../../tools/local/call-counts.ts";
import {
  createQueues,
  createTable,
  deleteQueues,
  deleteTable,
  type Queues,
  type QueuesOptions,
} from "../../tools/local/provision.ts";

/** An SQS and a DynamoDB for tests, over HTTP. */
export interface Backend {
  /** Settings for clients of each. */
  sqsSettings: SQSClientConfig;
  dynamoSettings: DynamoDBClientConfig;
  sqs: SQSClient;
  dynamo: DynamoDBDocumentClient;
  /** What the servers were asked; only of the embedded ones. */
  calls?: CallCounts;
  /** Creates queues of this test's own. */
  queues(options?: Partial<Omit<QueuesOptions, "prefix">>): Promise<Queues>;
  /** Creates a table of this test's own. @returns its name */
  table(): Promise<string>;
  /** Ends the receives that wait, where that can be done. */
  wakeReceives(): void;
  /** Removes what was created. */
  close(): Promise<void>;
}

/** The embedded backends; or, in a conformance run, whatever the SDK's endpoint variables name. */
export async function openBackend(): Promise<Backend> {
  const servers = process.env.CONFORMANCE ? undefined : await startServers(0, 0);
  const sqsSettings = servers?.sqs ?? {};
  const dynamoSettings = servers?.dynamo ?? {};
  const sqs = sqsClient({ settings: { ...sqsSettings, userAgentAppId: "test" } });
  const dynamo = DynamoDBDocumentClient.from(
    dynamoClient({ settings: { ...dynamoSettings, userAgentAppId: "test" } }),
  );
  const created: { queues: Queues[]; tables: string[] } = { queues: [], tables: [] };
  return {
    sqsSettings,
    dynamoSettings,
    sqs,
    dynamo,
    ...(servers && { calls: servers.calls }),
    async queues(options = {}) {
      const prefix = `test-${randomUUID().slice(0, 8)}-`;
      const defaults = { fifo: true, visibilityTimeout: 30, maxReceiveCount: 5 };
      const queues = await createQueues(sqs, { ...defaults, ...options, prefix });
      created.queues.push(queues);
      return queues;
    },
    async table() {
      const name = `test-${randomUUID().slice(0, 8)}`;
      await createTable(dynamo, name);
      created.tables.push(name);
      return name;
    },
    wakeReceives: () => servers?.wakeReceives(),
    async close() {
      if (!servers) {
        for (const queues of created.queues) await deleteQueues(sqs, queues);
        for (const table of created.tables) await deleteTable(dynamo, table);
      }
      sqs.destroy();
      dynamo.destroy();
      await servers?.close();
    },
  };
}
