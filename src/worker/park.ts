import type { SQSClient } from "@aws-sdk/client-sqs";
import { isFifo } from "../aws/queues.ts";
import { utf8Bytes } from "../contract/json.ts";
import type { Batcher } from "./batcher.ts";
import type { Hold } from "./hold.ts";
import type { Lease } from "./lease.ts";
import type { Message } from "./message.ts";
import { type Attributes, attributesBytes, type Outgoing, sendingBatcher } from "./sending.ts";

/** Message attribute: when the queue first took a parked request, epoch ms; kept through a redrive. */
export const FIRST_SENT_AT = "FirstSentAt";
/** Message attribute: a JSON object of those attributes that had no room beside the worker's own. */
const DISPLACED = "DisplacedAttributes";
/** What an earlier parking wrote, and a later one writes anew. */
const OWN = new Set(["RejectedReason", "RejectedDetail", "RejectedAt"]);
/** SQS's limit. */
const MOST_ATTRIBUTES = 10;
const MOST_DETAIL = 1_000;
// What SQS accepts in text; JSON.parse quotes the body in its errors.
const NOT_IN_SQS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** Why a message was parked. */
export interface Rejection {
  /** In capitals, for programs. */
  reason: string;
  /** For people. */
  detail: string;
  /** Epoch ms. */
  at: number;
  /** Whether the message is a request that may be redriven as it is: then its first SentTimestamp is noted. */
  redrivable: boolean;
}

export interface ParkOptions {
  sqs: SQSClient;
  /** The dead-letter queue. */
  url: string;
  /** Its MaximumMessageSize, in bytes. */
  maximumMessageSize: number;
  hold: Hold;
  working: () => number;
}

/** Sends messages to the dead-letter queue as they came, with the reason beside them. */
export class Park {
  readonly #fifo: boolean;
  readonly #hold: Hold;
  readonly #most: number;
  readonly #batcher: Batcher<Outgoing>;

  constructor({ sqs, url, maximumMessageSize, hold, working }: ParkOptions) {
    this.#fifo = isFifo(url);
    this.#hold = hold;
    this.#most = maximumMessageSize;
    this.#batcher = sendingBatcher(sqs, url, working);
  }

  /**
   * Resolves when the dead-letter queue has accepted the message.
   * @throws what the queue rejects it with, and LeaseLost; never for an outage, which is waited out
   */
  park(message: Message, rejection: Rejection, lease: Lease): Promise<void> {
    const { body, groupId, messageId } = message;
    const entry = {
      MessageBody: body,
      MessageAttributes: parkedAttributes(message, rejection, this.#most),
      // On a standard queue a group is for fairness only, and kept where there is one.
      ...((this.#fifo || groupId !== undefined) && { MessageGroupId: groupId ?? messageId }),
      ...(this.#fifo && { MessageDeduplicationId: messageId }),
    };
    return this.#hold(() => this.#batcher.add(entry), lease);
  }
}

/**
 * The message's own attributes and the reason's. SQS takes ten at most: those that find no place are kept
 * together in one, as JSON. Where the body leaves no room in the message for the reason, it is cut, then left out.
 */
export function parkedAttributes(message: Message, rejection: Rejection, most: number): Attributes {
  const reason = reasonAttributes(message, rejection);
  const kept = keptAttributes(message.attributes, Object.keys(reason));
  let room = most - utf8Bytes(message.body) - attributesBytes(kept);
  for (const [name, value] of Object.entries(reason)) {
    const fitting = cut(name, value, room);
    if (fitting === undefined) continue;
    kept[name] = text(fitting);
    room -= attributesBytes({ [name]: text(fitting) });
  }
  return kept;
}

/** The most useful first. */
function reasonAttributes(
  message: Message,
  { reason, detail, at, redrivable }: Rejection,
): Record<string, string> {
  return {
    RejectedReason: reason,
    ...(redrivable &&
      message.attributes[FIRST_SENT_AT] === undefined && { [FIRST_SENT_AT]: String(message.sentAt) }),
    RejectedAt: new Date(at).toISOString(),
    RejectedDetail: detail.replace(NOT_IN_SQS, "\u{FFFD}").slice(0, MOST_DETAIL).toWellFormed() || "none",
  };
}

function keptAttributes(original: Message["attributes"], own: string[]): Attributes {
  const names = Object.keys(original).filter((name) => !OWN.has(name));
  // From an earlier parking; last, so that it is itself among the displaced where there are some again.
  names.sort((a, b) => Number(a === DISPLACED) - Number(b === DISPLACED));
  const all = names.length + own.length <= MOST_ATTRIBUTES;
  const kept: Attributes = {};
  const displaced: Record<string, unknown> = {};
  const places = all ? names.length : MOST_ATTRIBUTES - own.length - 1;
  names.forEach((name, index) => {
    const { DataType, StringValue, BinaryValue } = original[name] ?? {};
    if (index < places) {
      kept[name] = {
        DataType,
        ...(StringValue !== undefined && { StringValue }),
        ...(BinaryValue !== undefined && { BinaryValue }),
      };
    } else {
      displaced[name] = {
        DataType,
        StringValue,
        BinaryValue: BinaryValue && Buffer.from(BinaryValue).toString("base64"),
      };
    }
  });
  if (!all) kept[DISPLACED] = text(JSON.stringify(displaced));
  return kept;
}

function text(value: string): Attributes[string] {
  return { DataType: "String", StringValue: value };
}

/** As much of a reason's attribute as there is room for; only the detail may be cut. */
function cut(name: string, value: string, room: number): string | undefined {
  const free = room - attributesBytes({ [name]: text("") });
  if (utf8Bytes(value) <= free) return value;
  if (name !== "RejectedDetail" || free < 1) return undefined;
  // A code unit takes at most 3 bytes.
  return value.slice(0, Math.floor(free / 3)).toWellFormed() || undefined;
}
