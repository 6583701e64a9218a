import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { CREDENTIALS, environmentOf, REGION } from "../tools/local/environment.ts";
import {
  createQueues,
  createTable,
  deleteQueues,
  deleteTable,
  type Queues,
} from "../tools/local/provision.ts";
import type { DynamoFunctions } from "./backends/dynamodb.ts";
import { type Remote, startRemote } from "./backends/remote.ts";
import type { SqsFunctions } from "./backends/sqs.ts";

/** Longer than any run keeps a message: a redelivery would be the bench's doing, not the subject's. */
const VISIBILITY_SECONDS = 120;

/** Queues and a table of one run's own. */
export interface Place {
  queues: Queues;
  table: string;
  /** What makes a subject find all of it. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

/** The backends that every subject works against, each a process of its own. */
export interface Rig {
  sqs: Remote<SqsFunctions>;
  dynamo: Remote<DynamoFunctions>;
  /** Calls so far by operation, of a program by its name in the user agent. */
  calls(app: string): Promise<Map<string, number>>;
  open(fifo: boolean): Promise<Place>;
  close(): void;
}

export async function startRig(): Promise<Rig> {
  const sqs = startRemote<SqsFunctions>(new URL("./backends/sqs.ts", import.meta.url));
  const dynamo = startRemote<DynamoFunctions>(new URL("./backends/dynamodb.ts", import.meta.url));
  const [sqsEndpoint, dynamoEndpoint] = await Promise.all([sqs.remote.endpoint(), dynamo.remote.endpoint()]);
  const common = { region: REGION, credentials: CREDENTIALS, userAgentAppId: "bench" };
  const sqsClient = new SQSClient({ ...common, endpoint: sqsEndpoint });
  const dynamoClient = new DynamoDBClient({ ...common, endpoint: dynamoEndpoint });
  let opened = 0;
  return {
    sqs: sqs.remote,
    dynamo: dynamo.remote,
    calls: async (app) => {
      const [queues, table] = await Promise.all([sqs.remote.calls(app), dynamo.remote.calls(app)]);
      return new Map([...Object.entries(queues), ...Object.entries(table)]);
    },
    open: async (fifo) => {
      opened += 1;
      const table = `products-${opened}`;
      const queues = await createQueues(sqsClient, {
        prefix: `run-${opened}-`,
        fifo,
        visibilityTimeout: VISIBILITY_SECONDS,
        maxReceiveCount: 5,
      });
      await createTable(dynamoClient, table);
      return {
        queues,
        table,
        environment: environmentOf({ sqsEndpoint, dynamoEndpoint, queues, table }),
        close: async () => {
          await sqs.remote.forget(Object.values(queues));
          await deleteQueues(sqsClient, queues);
          await deleteTable(dynamoClient, table);
        },
      };
    },
    close: () => {
      sqsClient.destroy();
      dynamoClient.destroy();
      sqs.end();
      dynamo.end();
    },
  };
}
