import { pick } from "../../tools/random.ts";
import type { Call, Fault, Faults, Rewrite } from "../support/proxy.ts";

/** Every way in which a call can go wrong in the proxy. */
export const ways = [
  "refuse",
  "hang",
  "stall",
  "reset-after",
  "status",
  "throttle",
  "error",
  "fail-entries",
] as const;
export type Way = (typeof ways)[number];

const THROTTLING = {
  dynamo: ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"],
  sqs: ["RequestThrottled", "OverLimit", "KMS.ThrottlingException"],
};
const ERRORS = {
  dynamo: [
    { type: "InternalServerError", status: 500 },
    { type: "ExpiredTokenException" },
    { type: "AccessDeniedException", message: "KMS key access denied error: the key's policy says no" },
    { type: "ValidationException", message: "KMS key disabled error: the key is disabled" },
    { type: "TransactionConflictException" },
  ],
  sqs: [
    { type: "KMS.DisabledException" },
    { type: "KmsInvalidState" },
    { type: "ExpiredToken", status: 403 },
    { type: "ServiceUnavailable", status: 503 },
    { type: "QueueDoesNotExist" },
  ],
};

function faultOf(way: Way, service: "sqs" | "dynamo", call: Call, random: () => number): Fault {
  switch (way) {
    case "hang":
    case "stall":
      // A receive that hangs cannot be told from a quiet queue for 30 s: a few are enough.
      if (call.operation === "ReceiveMessage" && random() < 0.9) return { kind: "refuse" };
      return { kind: way };
    case "refuse":
    case "reset-after":
      return { kind: way };
    case "status":
      return { kind: "status", status: random() < 0.5 ? 500 : 503 };
    case "throttle":
      return { kind: "error", type: pick(random, THROTTLING[service]) };
    case "error":
      return { kind: "error", ...pick(random, ERRORS[service]) };
    case "fail-entries":
      // Only batches have entries; another call fails as a whole.
      return call.body.Entries
        ? {
            kind: "fail-entries",
            fails: () => random() < 0.5,
            code: pick(random, ["InternalError", "RequestThrottled"]),
          }
        : { kind: "status", status: 500 };
    default:
      return way satisfies never;
  }
}

/** So large a share of calls goes wrong, in one of these ways. */
export function someFail(
  share: number,
  among: readonly Way[],
  service: "sqs" | "dynamo",
  random: () => number,
): Faults {
  return (call) => (random() < share ? faultOf(pick(random, among), service, call, random) : undefined);
}

/** Every nth call of the operation takes effect, and its caller never knows. */
export function everyNthUnseen(operations: readonly string[], n: number): Faults {
  const counts = new Map<string, number>();
  return ({ operation }) => {
    if (!operations.includes(operation)) return undefined;
    const count = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, count);
    return count % n === 0 ? { kind: "reset-after" } : undefined;
  };
}

/** As a standard queue may: some messages are delivered twice, and receives are out of order. */
export function deliveredTwice(share: number, random: () => number): Rewrite {
  const again: unknown[] = [];
  return (_, answer) => {
    const messages = [...((answer.Messages ?? []) as unknown[])];
    const room = 10 - messages.length;
    const extra = again.splice(0, Math.min(room, again.length));
    for (const message of messages) if (random() < share) again.push(message);
    const all = [...messages, ...extra].sort(() => random() - 0.5);
    return { ...answer, Messages: all };
  };
}
