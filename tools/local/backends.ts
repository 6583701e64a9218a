import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { CallCounts } from "./call-counts.ts";
import { startDynamo } from "./dynamodb.ts";
import { startSqs } from "./sqs.ts";

/** Where an SDK client finds the embedded backends. */
export interface ClientSettings {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export interface Queues {
  requests: string;
  results: string;
  deadLetters: string;
}

export const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };
export const TABLE = "products";
/** Deliveries before SQS moves a message to the dead-letter queue. */
const MAX_RECEIVES = 5;

export interface BackendsOptions {
  /** 0 for any free port. */
  sqsPort: number;
  dynamoPort: number;
  /** Which type of queues: FIFO by default. */
  fifo?: boolean;
  /** Of the requests queue, seconds. */
  visibilityTimeout?: number;
}

/** SQS and DynamoDB in this process, on loopback, in memory, with the queues and the table. */
export interface Backends {
  sqsEndpoint: string;
  dynamoEndpoint: string;
  queues: Queues;
  calls: CallCounts;
  /** For a client of SQS. */
  sqs: ClientSettings;
  /** For a client of DynamoDB. */
  dynamo: ClientSettings;
  /** The environment that makes the worker, or any SDK, find them. */
  environment: Record<string, string>;
  wakeReceives(): void;
  close(): Promise<void>;
}

/** @throws PortTaken */
export async function startBackends(options: BackendsOptions): Promise<Backends> {
  const calls = new CallCounts();
  const sqsServer = await startSqs(options.sqsPort, calls);
  const dynamoServer = await startDynamo(options.dynamoPort, calls).catch(async (error) => {
    await sqsServer.close();
    throw error;
  });
  const sqs = { endpoint: sqsServer.endpoint, region: REGION, credentials: CREDENTIALS };
  const dynamo = { endpoint: dynamoServer.endpoint, region: REGION, credentials: CREDENTIALS };
  await createTable(dynamo);
  const queues = await createQueues(sqs, options);
  return {
    sqsEndpoint: sqs.endpoint,
    dynamoEndpoint: dynamo.endpoint,
    queues,
    calls,
    sqs,
    dynamo,
    environment: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_SQS: sqs.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
      REQUESTS_QUEUE_URL: queues.requests,
      RESULTS_QUEUE_URL: queues.results,
      DEAD_LETTERS_QUEUE_URL: queues.deadLetters,
      TABLE_NAME: TABLE,
    },
    wakeReceives: () => sqsServer.wakeReceives(),
    close: async () => {
      await Promise.all([sqsServer.close(), dynamoServer.close()]);
    },
  };
}

async function createTable(settings: ClientSettings): Promise<void> {
  const client = new DynamoDBClient(settings);
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: TABLE });
  client.destroy();
}

async function createQueues(
  settings: ClientSettings,
  { fifo = true, visibilityTimeout = 30 }: BackendsOptions,
): Promise<Queues> {
  const client = new SQSClient(settings);
  const suffix = fifo ? ".fifo" : "";
  const type = fifo
    ? { FifoQueue: "true", DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" }
    : undefined;
  const create = async (name: string, attributes: Record<string, string> = {}) => {
    const Attributes = { ...type, ...attributes };
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName: `${name}${suffix}`, Attributes }),
    );
    if (!QueueUrl) throw new Error(`the embedded SQS gave no URL for ${name}`);
    return QueueUrl;
  };
  const deadLetters = await create("product-dead-letters", {
    MessageRetentionPeriod: String(14 * 24 * 60 * 60),
  });
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ["QueueArn"] }),
  );
  const requests = await create("product-requests", {
    VisibilityTimeout: String(visibilityTimeout),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: Attributes?.QueueArn,
      maxReceiveCount: MAX_RECEIVES,
    }),
  });
  const results = await create("product-results");
  client.destroy();
  return { requests, results, deadLetters };
}
