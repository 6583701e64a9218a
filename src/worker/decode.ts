import { excerpt } from "../contract/issues.ts";
import { type Addressed, parseRequest, type UnreadableReason, writeTimeOf } from "../contract/parse.ts";
import type { Request } from "../contract/request.ts";
import type { Issue } from "../contract/result.ts";
import type { Message } from "./message.ts";
import { FIRST_SENT_AT } from "./park.ts";

/** What a message turned out to be. */
export type Decoded =
  | { kind: "request"; request: Request; writeTime: number; addressed: Addressed; replyTo: string }
  | { kind: "refused"; addressed: Addressed; issues: Issue[]; replyTo: string }
  | { kind: "unreadable"; reason: UnreadableReason; detail: string };

/** Where results may go. */
export interface Replies {
  results: string;
  /** Queue URLs that the message attribute `ReplyTo` may name. */
  allowed: ReadonlySet<string>;
}

export function decode(message: Message, replies: Replies): Decoded {
  const sentAt = firstSentAt(message);
  const parsed = parseRequest(message.body, sentAt);
  if (parsed.kind === "unreadable") return parsed;
  const { addressed } = parsed;
  const reply = replyTo(message, replies);
  if (parsed.kind === "refused" || reply.issue) {
    const issues = parsed.kind === "refused" ? parsed.issues : [];
    return {
      kind: "refused",
      addressed,
      issues: reply.issue ? [...issues, reply.issue] : issues,
      replyTo: reply.url,
    };
  }
  const { request } = parsed;
  return { kind: "request", request, writeTime: writeTimeOf(request, sentAt), addressed, replyTo: reply.url };
}

/**
 * When the queue first took the message. A redrive gives it a new SentTimestamp, which would make an old write
 * without `time` the latest; the worker notes the first one on what it parks.
 */
function firstSentAt(message: Message): number {
  const noted = message.attributes[FIRST_SENT_AT]?.StringValue;
  const first = noted !== undefined && /^\d{1,15}$/.test(noted) ? Number(noted) : message.sentAt;
  return Math.min(first, message.sentAt);
}

function replyTo(message: Message, { results, allowed }: Replies): { url: string; issue?: Issue } {
  const attribute = message.attributes.ReplyTo;
  if (attribute === undefined) return { url: results };
  const url = attribute.StringValue;
  if (url !== undefined && (url === results || allowed.has(url))) return { url };
  const issue = {
    path: "ReplyTo",
    problem: `is ${url === undefined ? "not a string attribute" : excerpt(url)}`,
    allowed: "the URL of a queue on this worker's list (REPLY_QUEUE_URLS), or no such attribute",
  };
  return { url: results, issue };
}
