import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { CallCounts } from "./call-counts.ts";
import { startDynamo } from "./dynamodb.ts";
import { CREDENTIALS, environmentOf, REGION } from "./environment.ts";
import { createQueues, createTable, type Queues } from "./provision.ts";
import { startSqs } from "./sqs.ts";

/** Where an SDK client finds an embedded backend. */
interface ClientSettings {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export const TABLE = "products";

export interface Servers {
  /** For a client of SQS. */
  sqs: ClientSettings;
  /** For a client of DynamoDB. */
  dynamo: ClientSettings;
  calls: CallCounts;
  /** Ends the receives that wait, as if their wait were over. */
  wakeReceives(): void;
  close(): Promise<void>;
}

/**
 * An SQS and a DynamoDB in this process: on loopback, in memory, empty.
 * @param sqsPort 0 for any free one, as dynamoPort
 * @throws PortTaken
 */
export async function startServers(sqsPort: number, dynamoPort: number): Promise<Servers> {
  const calls = new CallCounts();
  const sqs = await startSqs(sqsPort, calls);
  const dynamo = await startDynamo(dynamoPort, calls).catch(async (error) => {
    await sqs.close();
    throw error;
  });
  return {
    sqs: { endpoint: sqs.endpoint, region: REGION, credentials: CREDENTIALS },
    dynamo: { endpoint: dynamo.endpoint, region: REGION, credentials: CREDENTIALS },
    calls,
    wakeReceives: () => sqs.wakeReceives(),
    close: async () => {
      await Promise.all([sqs.close(), dynamo.close()]);
    },
  };
}

export interface Backends extends Servers {
  queues: Queues;
  /** The environment that makes the worker, or any SDK, find all of it. */
  environment: Record<string, string>;
}

export interface BackendsOptions {
  /** 0, as by default, for any free one. */
  sqsPort?: number;
  dynamoPort?: number;
  /** FIFO queues, as by default, or standard ones. */
  fifo?: boolean;
  /** Of the requests queue, seconds; 30 by default. */
  visibilityTimeout?: number;
  /** Deliveries before SQS moves a message to the dead-letter queue; 5 by default. */
  maxReceiveCount?: number;
}

/**
 * The servers with the queues and the table in them: what `npm run local` and the demo run on.
 * @throws PortTaken
 */
export async function startBackends(options: BackendsOptions = {}): Promise<Backends> {
  const { sqsPort = 0, dynamoPort = 0, fifo = true, visibilityTimeout = 30, maxReceiveCount = 5 } = options;
  const servers = await startServers(sqsPort, dynamoPort);
  const sqs = new SQSClient(servers.sqs);
  const dynamo = new DynamoDBClient(servers.dynamo);
  const queues = await createQueues(sqs, {
    prefix: "product-",
    fifo,
    visibilityTimeout,
    maxReceiveCount,
  });
  await createTable(dynamo, TABLE);
  sqs.destroy();
  dynamo.destroy();
  return {
    ...servers,
    queues,
    environment: environmentOf({
      sqsEndpoint: servers.sqs.endpoint,
      dynamoEndpoint: servers.dynamo.endpoint,
      queues,
      table: TABLE,
    }),
  };
}
