/**
 * What a failed AWS call means for the message it was made for. The only place that reads AWS error names.
 * - `unavailable`: the dependency cannot be used by anyone now. Hold, and try the same step again.
 * - `throttled`: it can, but slower.
 * - `rejected`: it refused this one call for what is in it; the same call will be refused again.
 * - `unexpected`: none of these.
 */
export type FailureClass = "unavailable" | "throttled" | "rejected" | "unexpected";

const THROTTLED = new Set([
  "BandwidthLimitExceeded",
  "KMS.ThrottlingException",
  "KmsThrottled",
  "LimitExceededException",
  "NothingRead",
  "OverLimit",
  "AWS.SimpleQueueService.OverLimit",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceeded",
  "ProvisionedThroughputExceededException",
  // another writer is at the same item: its turn first, then this one's
  "ReplicatedWriteConflictException",
  "TransactionConflictException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
]);

const UNAVAILABLE = new Set([
  // credentials and permissions: they expire, and are mended, for the whole worker at once
  "AccessDenied",
  "AccessDeniedException",
  "AuthFailure",
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignature",
  "IncompleteSignatureException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidSecurity",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "NotAuthorized",
  "OptInRequired",
  "RequestExpired",
  "SignatureDoesNotMatch",
  "TokenProviderError",
  "UnrecognizedClientException",
  // what is addressed is not there (yet), or not at this address
  "AWS.SimpleQueueService.NonExistentQueue",
  "AWS.SimpleQueueService.QueueDeletedRecently",
  "InvalidAddress",
  "InvalidEndpointException",
  "QueueDeletedRecently",
  "QueueDoesNotExist",
  "ResourceInUseException",
  "ResourceNotFoundException",
  "TableNotFoundException",
  "TableInUseException",
  "UnknownEndpoint",
  // the service's own trouble, and calls that got no answer
  "InternalError",
  "InternalFailure",
  "InternalServerError",
  "RequestAbortedException",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "TimeoutError",
]);

const REJECTED = new Set([
  "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
  "AWS.SimpleQueueService.BatchRequestTooLong",
  "AWS.SimpleQueueService.EmptyBatchRequest",
  "AWS.SimpleQueueService.InvalidBatchEntryId",
  "AWS.SimpleQueueService.MessageNotInflight",
  "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
  "AWS.SimpleQueueService.UnsupportedOperation",
  "BatchEntryIdsNotDistinct",
  "BatchRequestTooLong",
  "ConditionalCheckFailedException",
  "EmptyBatchRequest",
  "InvalidAttributeName",
  "InvalidAttributeValue",
  "InvalidBatchEntryId",
  "InvalidIdFormat",
  "InvalidMessageContents",
  "InvalidParameterCombination",
  "InvalidParameterValue",
  "ItemCollectionSizeLimitExceededException",
  "MessageNotInflight",
  "MissingParameter",
  "ReceiptHandleIsInvalid",
  "SerializationException",
  "TooManyEntriesInBatchRequest",
  "UnsupportedOperation",
  "ValidationError",
  "ValidationException",
]);

// The receipt handle is no good any more: the message was deleted, or its visibility timeout has passed.
const RECEIPT_GONE = new Set([
  "AWS.SimpleQueueService.MessageNotInflight",
  "InvalidIdFormat",
  "MessageNotInflight",
  "ReceiptHandleIsInvalid",
]);

// Node's own names for a call that never reached a server or lost it on the way, TLS included.
const NETWORK =
  /^(ECONN|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EAI_|EHOST|ENET|EADDRNOTAVAIL$|EPROTO$|CERT_|ERR_TLS|ERR_SSL|ERR_STREAM_PREMATURE|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|UND_ERR_)/;

interface AwsError {
  name?: unknown;
  message?: unknown;
  code?: unknown;
  Code?: unknown;
  $fault?: unknown;
  $metadata?: { httpStatusCode?: unknown };
}

export function classify(error: unknown): FailureClass {
  if (typeof error !== "object" || error === null) return "unexpected";
  const { name, message, code, Code, $metadata } = error as AwsError;
  const names = [name, code, Code].filter((value) => typeof value === "string");
  if (names.some((value) => THROTTLED.has(value))) return "throttled";
  // A disabled or forbidden key arrives from DynamoDB as ValidationException or AccessDeniedException whose
  // message starts with "KMS "; from SQS as Kms… or KMS.… by name. The message is sound, the key is not.
  if (typeof message === "string" && /^KMS /i.test(message)) return "unavailable";
  if (names.some((value) => /^kms/i.test(value))) return "unavailable";
  if (names.some((value) => UNAVAILABLE.has(value) || NETWORK.test(value))) return "unavailable";
  if (names.some((value) => REJECTED.has(value))) return "rejected";
  const status = $metadata?.httpStatusCode;
  if (status === 429) return "throttled";
  if (status === 401 || status === 403) return "unavailable";
  if (typeof status === "number" && status >= 500) return "unavailable";
  return "unexpected";
}

/** Whether a delete or visibility change failed because the message is no longer in this worker's hand. */
export function isReceiptGone(error: unknown): boolean {
  return error instanceof Error && RECEIPT_GONE.has(error.name);
}

/** One failed entry of a batch, as an error with the service's code for its name. */
export class EntryFailed extends Error {
  override readonly name: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}
