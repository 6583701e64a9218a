import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** Names this program in the user agent of every call: CloudTrail shows it. */
const APP_ID = "product-worker";
const CONNECT_MS = 3_000;
const REQUEST_MS = 10_000;
const SOCKETS = 50;
/** The longest a receive waits for messages: SQS's limit, in seconds. */
export const LONG_POLL_SECONDS = 20;

/*
 * The SDK has no timeouts of its own, and warns instead of failing unless told to throw. `requestTimeout` ends
 * with the answer's head; `socketTimeout` ends an answer that stops in the middle. A call that waits for a free
 * connection counts as connecting, so there must be one for every call that can be under way.
 */
function handler(requestTimeout: number, maxSockets: number): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    requestTimeout,
    socketTimeout: requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets },
    httpsAgent: { keepAlive: true, maxSockets },
  });
}

export interface ClientOptions<Config> {
  /** Calls that may be under way at once. */
  maxSockets?: number;
  /** How long a call may take, ms. */
  timeoutMs?: number;
  /** Settings that are not to come from the environment. */
  settings?: Config;
}

/*
 * One attempt a call: what to do about a failure is decided in one place (the worker's `hold`), not in two
 * that multiply each other. Region, endpoints and credentials are the SDK's own variables.
 */
const common = { maxAttempts: 1, userAgentAppId: APP_ID };

/** SQS for everything but receives. */
export function sqsClient(options: ClientOptions<SQSClientConfig> = {}): SQSClient {
  const { maxSockets = SOCKETS, timeoutMs = REQUEST_MS, settings } = options;
  return new SQSClient({ ...common, requestHandler: handler(timeoutMs, maxSockets), ...settings });
}

/** SQS for receives: its timeout is longer than a long poll. */
export function pollingClient(options: ClientOptions<SQSClientConfig> = {}): SQSClient {
  return sqsClient({ timeoutMs: LONG_POLL_SECONDS * 1000 + REQUEST_MS, ...options });
}

export function dynamoClient(options: ClientOptions<DynamoDBClientConfig> = {}): DynamoDBDocumentClient {
  const { maxSockets = SOCKETS, timeoutMs = REQUEST_MS, settings } = options;
  const client = new DynamoDBClient({
    ...common,
    requestHandler: handler(timeoutMs, maxSockets),
    ...settings,
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    // Numbers that others wrote beyond 2^53 would come as BigInt, which JSON cannot carry.
    unmarshallOptions: { wrapNumbers: Number },
  });
}
