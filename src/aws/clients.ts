import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { httpHandler } from "./http-handler.ts";
import { requestSigner } from "./signer.ts";

/** Names this program in the user agent of every call: CloudTrail shows it. */
const APP_ID = "product-worker";
const REQUEST_MS = 10_000;
const CONNECTIONS = 50;
/** The longest a receive waits for messages: SQS's limit, in seconds. */
export const LONG_POLL_SECONDS = 20;

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
  const { maxSockets = CONNECTIONS, timeoutMs = REQUEST_MS, settings } = options;
  const client: SQSClient = new SQSClient({
    ...common,
    requestHandler: httpHandler(timeoutMs, maxSockets),
    signer: requestSigner("sqs", () => client.config),
    // TLS guards the bodies already, and a checksum of each costs CPU for every message.
    md5: false,
    ...settings,
  });
  return client;
}

/** SQS for receives: its timeout is longer than a long poll. */
export function pollingClient(options: ClientOptions<SQSClientConfig> = {}): SQSClient {
  return sqsClient({ timeoutMs: LONG_POLL_SECONDS * 1000 + REQUEST_MS, ...options });
}

export function dynamoClient(options: ClientOptions<DynamoDBClientConfig> = {}): DynamoDBDocumentClient {
  const { maxSockets = CONNECTIONS, timeoutMs = REQUEST_MS, settings } = options;
  const client: DynamoDBClient = new DynamoDBClient({
    ...common,
    requestHandler: httpHandler(timeoutMs, maxSockets),
    signer: requestSigner("dynamodb", () => client.config),
    ...settings,
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    // Numbers that others wrote beyond 2^53 would come as BigInt, which JSON cannot carry.
    unmarshallOptions: { wrapNumbers: Number },
  });
}
