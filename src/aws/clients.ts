import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** Names this program in the user agent of every call: CloudTrail shows it. */
const APP_ID = "product-worker";
const CONNECT_MS = 3_000;
const REQUEST_MS = 10_000;
/** The longest a receive waits for messages: SQS's limit, in seconds. */
export const LONG_POLL_SECONDS = 20;

// The SDK has no timeouts of its own, and warns instead of failing unless told to throw.
function handler(requestTimeout: number): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    requestTimeout,
    throwOnRequestTimeout: true,
  });
}

/*
 * One attempt a call: what to do about a failure is decided in one place (the worker's `hold`), not in two
 * that multiply each other. Region, endpoints and credentials are the SDK's own variables.
 */
const common = { maxAttempts: 1, userAgentAppId: APP_ID };

/** SQS for everything but receives. */
export function sqsClient(overrides: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ ...common, requestHandler: handler(REQUEST_MS), ...overrides });
}

/** SQS for receives: its timeout is longer than a long poll. */
export function pollingClient(overrides: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    ...common,
    requestHandler: handler(LONG_POLL_SECONDS * 1000 + REQUEST_MS),
    ...overrides,
  });
}

export function dynamoClient(overrides: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ ...common, requestHandler: handler(REQUEST_MS), ...overrides });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    // Numbers that others wrote beyond 2^53 would come as BigInt, which JSON cannot carry.
    unmarshallOptions: { wrapNumbers: Number },
  });
}
