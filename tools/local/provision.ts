import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

/** The three queues of a worker, by URL. */
export interface Queues {
  requests: string;
  results: string;
  deadLetters: string;
}

export interface QueuesOptions {
  /** Before each queue's name. */
  prefix: string;
  fifo: boolean;
  /** Of the requests queue, seconds. */
  visibilityTimeout: number;
  /** Deliveries before SQS moves a message to the dead-letter queue. */
  maxReceiveCount: number;
  /** Of the results queue, bytes. */
  resultBytes?: number;
}

/** Creates requests, results and dead-letter queue, with the redrive policy between them. */
export async function createQueues(client: SQSClient, options: QueuesOptions): Promise<Queues> {
  const { prefix, fifo, visibilityTimeout, maxReceiveCount, resultBytes } = options;
  const type = fifo && {
    FifoQueue: "true",
    DeduplicationScope: "messageGroup",
    FifoThroughputLimit: "perMessageGroupId",
  };
  const create = async (name: string, attributes: Record<string, string> = {}): Promise<string> => {
    const QueueName = `${prefix}${name}${fifo ? ".fifo" : ""}`;
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName, Attributes: { ...type, ...attributes } }),
    );
    if (!QueueUrl) throw new Error(`SQS gave no URL for the queue ${QueueName}`);
    return QueueUrl;
  };
  const fortnight = String(14 * 24 * 60 * 60);
  const deadLetters = await create("dead-letters", { MessageRetentionPeriod: fortnight });
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ["QueueArn"] }),
  );
  const redrive = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount };
  const requests = await create("requests", {
    VisibilityTimeout: String(visibilityTimeout),
    RedrivePolicy: JSON.stringify(redrive),
  });
  const results = await create("results", resultBytes ? { MaximumMessageSize: String(resultBytes) } : {});
  return { requests, results, deadLetters };
}

export async function deleteQueues(client: SQSClient, queues: Queues): Promise<void> {
  for (const QueueUrl of Object.values(queues)) await client.send(new DeleteQueueCommand({ QueueUrl }));
}

/** Creates the products table and waits until it can be used. */
export async function createTable(client: DynamoDBClient, name: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1, maxDelay: 5 }, { TableName: name });
}

export async function deleteTable(client: DynamoDBClient, name: string): Promise<void> {
  await client.send(new DeleteTableCommand({ TableName: name }));
}
