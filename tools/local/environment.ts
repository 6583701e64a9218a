import type { Queues } from "./provision.ts";

export const REGION = "us-east-1";
/** The embedded backends check no signature, and the SDK wants to make one. */
export const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

export interface Place {
  sqsEndpoint: string;
  dynamoEndpoint: string;
  queues: Queues;
  table: string;
}

/** The environment that makes a worker, or any SDK, find embedded backends, and the queues and the table in them. */
export function environmentOf({ sqsEndpoint, dynamoEndpoint, queues, table }: Place): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: sqsEndpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoEndpoint,
    REQUESTS_QUEUE_URL: queues.requests,
    RESULTS_QUEUE_URL: queues.results,
    DEAD_LETTERS_QUEUE_URL: queues.deadLetters,
    TABLE_NAME: table,
  };
}
