/** Every bound of the contract, in one place. Bytes are bytes of UTF-8; characters are Unicode code points. */
export const LIMITS = {
  /** Longest `id` and `source` of a request: they are stored with the product. */
  identityBytes: 256,
  /** Longest `id`, `source` and `type` that a refusal can echo; a message with longer ones has no answer. */
  echoBytes: 4096,
  /** Longest product id (it is DynamoDB's partition key). */
  productIdBytes: 256,
  nameLength: 1024,
  descriptionBytes: 64 * 1024,
  /** Exclusive. Below it four decimals survive an IEEE double exactly (15 significant digits). */
  priceBelow: 1e11,
  priceDecimals: 4,
  /** Nesting of `attributes`: the object itself is level 1. */
  attributesDepth: 16,
  /** Nesting of a whole message. Deeper ones are not read at all. */
  messageDepth: 32,
  /** Longest key inside `attributes`. */
  attributeKeyBytes: 1024,
  /** Magnitude of the smallest number DynamoDB stores, other than 0. */
  smallestNumber: 1e-130,
  subjectLength: 1024,
  traceLength: 512,
  listDefault: 100,
  listMost: 1000,
  /** How far `time` may lie ahead of the moment the queue took the message, in ms. */
  timeAheadMs: 5 * 60 * 1000,
  /** Issues listed in one INVALID_REQUEST; more are counted. */
  issues: 50,
  /** DynamoDB's largest item: 400 KB. */
  itemBytes: 400 * 1024,
} as const;
