import {
  BatchGetItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
  type SQSClientConfig,
} from "@aws-sdk/client-sqs";
import { sendDirectly } from "./direct.ts";
import { HttpHandler } from "./http-handler.ts";
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

/** The calls on a message's path (see `direct.ts`). */
const ON_THE_PATH = new Set<unknown>([
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  DeleteMessageBatchCommand,
  ChangeMessageVisibilityBatchCommand,
  UpdateItemCommand,
  BatchGetItemCommand,
]);

/** SQS for everything but receives. */
export function sqsClient(options: ClientOptions<SQSClientConfig> = {}): SQSClient {
  const { maxSockets = CONNECTIONS, timeoutMs = REQUEST_MS, settings } = options;
  const requestHandler = new HttpHandler(timeoutMs, maxSockets);
  // TLS guards the bodies already, and a checksum of each costs CPU for every message.
  const client = new SQSClient({ ...common, requestHandler, md5: false, ...settings });
  return sendDirectly(client, requestHandler, requestSigner("sqs", client.config), ON_THE_PATH);
}

/** SQS for receives: its timeout is longer than a long poll. */
export function pollingClient(options: ClientOptions<SQSClientConfig> = {}): SQSClient {
  return sqsClient({ timeoutMs: LONG_POLL_SECONDS * 1000 + REQUEST_MS, ...options });
}

export function dynamoClient(options: ClientOptions<DynamoDBClientConfig> = {}): DynamoDBClient {
  const { maxSockets = CONNECTIONS, timeoutMs = REQUEST_MS, settings } = options;
  const requestHandler = new HttpHandler(timeoutMs, maxSockets);
  const client = new DynamoDBClient({ ...common, requestHandler, ...settings });
  return sendDirectly(client, requestHandler, requestSigner("dynamodb", client.config), ON_THE_PATH);
}
