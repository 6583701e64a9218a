import { z } from "zod";
import type { Identity } from "./identity.ts";
import { bounded, excerpt, toIssues } from "./issues.ts";
import { isDeeperThan, utf8Bytes } from "./json.ts";
import { LIMITS } from "./limits.ts";
import { kindOf, productId } from "./product.ts";
import { type Request, type RequestType, requests, requestTypes } from "./request.ts";
import type { Issue } from "./result.ts";

/** What a result needs to know of the request it answers, whether the request was valid or not. */
export interface Addressed extends Identity {
  type: string;
  subject?: string;
  traceparent?: string;
  tracestate?: string;
}

export type UnreadableReason = "NOT_JSON" | "NOT_AN_OBJECT" | "TOO_DEEP" | "NO_ENVELOPE";

export type Parsed =
  | { kind: "request"; request: Request; addressed: Addressed }
  | { kind: "refused"; addressed: Addressed; issues: Issue[] }
  | { kind: "unreadable"; reason: UnreadableReason; detail: string };

/**
 * Reads a message body as a request.
 *
 * @param body the message's text
 * @param sentAt when the queue accepted it, epoch ms: `time` may lie at most 5 minutes after
 * @returns a request that fits the contract; or a refusal with every problem named, addressed to whoever sent
 *   it; or the reason why there is nobody to answer to. Never throws.
 */
export function parseRequest(body: string, sentAt: number): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return { kind: "unreadable", reason: "NOT_JSON", detail: error instanceof Error ? error.message : "" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "unreadable", reason: "NOT_AN_OBJECT", detail: `the body is ${kindOf(value)}` };
  }
  if (isDeeperThan(value, LIMITS.messageDepth)) {
    const detail = `the body nests deeper than ${LIMITS.messageDepth} levels`;
    return { kind: "unreadable", reason: "TOO_DEEP", detail };
  }
  const event = value as Record<string, unknown>;
  const missing = ["id", "source", "type"].filter((field) => !canEcho(event[field]));
  if (missing.length > 0) {
    const detail = missing.map((field) => `${field} ${echoProblem(event[field])}`).join(", ");
    return { kind: "unreadable", reason: "NO_ENVELOPE", detail };
  }
  return readEvent(event, event.type as string, sentAt);
}

function readEvent(event: Record<string, unknown>, type: string, sentAt: number): Parsed {
  const schema: z.ZodType<Request> | undefined = requests[type as RequestType];
  // Own properties only: `requests["constructor"]` is no request type.
  if (!Object.hasOwn(requests, type) || !schema) {
    const allowed = requestTypes.join(", ");
    const issues = [{ path: "type", problem: `is ${excerpt(type)}`, allowed: `one of ${allowed}` }];
    return { kind: "refused", addressed: addressedOf(event), issues };
  }
  const parsed = schema.safeParse(event, { reportInput: true });
  const issues = parsed.success ? [] : toIssues(parsed.error, schema);
  const early = timeIssue(event.time, sentAt);
  if (early) issues.push(early);
  if (!parsed.success || issues.length > 0) {
    return { kind: "refused", addressed: addressedOf(event), issues: bounded(issues) };
  }
  return { kind: "request", request: parsed.data, addressed: addressedOf(event) };
}

function canEcho(value: unknown): boolean {
  return typeof value === "string" && value !== "" && utf8Bytes(value) <= LIMITS.echoBytes;
}

function echoProblem(value: unknown): string {
  if (typeof value !== "string") return `is ${kindOf(value)}`;
  return value === "" ? "is empty" : `is longer than ${LIMITS.echoBytes} bytes`;
}

function timeIssue(time: unknown, sentAt: number): Issue | undefined {
  if (typeof time !== "string") return undefined;
  const ahead = Date.parse(time) - sentAt;
  if (!(ahead > LIMITS.timeAheadMs)) return undefined;
  return {
    path: "time",
    problem: `is ${excerpt(time)}, ${Math.ceil(ahead / 1000)} s after the queue took the message`,
    allowed: `at most ${LIMITS.timeAheadMs / 60_000} minutes ahead`,
  };
}

const trace = z.string().max(LIMITS.traceLength);

/** The product a request speaks of, else the subject it gave. Taken from what may be invalid: each checked. */
function addressedOf(event: Record<string, unknown>): Addressed {
  const addressed: Addressed = {
    id: event.id as string,
    source: event.source as string,
    type: event.type as string,
  };
  const data = event.data as { id?: unknown; product?: { id?: unknown } } | null | undefined;
  const subject =
    valid(productId, data?.product?.id) ?? valid(productId, data?.id) ?? valid(productId, event.subject);
  if (subject !== undefined) addressed.subject = subject;
  for (const field of ["traceparent", "tracestate"] as const) {
    const value = valid(trace, event[field]);
    if (value !== undefined) addressed[field] = value;
  }
  return addressed;
}

/** The value where it is there and fits. A parse that fails costs more than one that succeeds: none for nothing. */
function valid(schema: z.ZodType<string>, value: unknown): string | undefined {
  return value === undefined ? undefined : schema.safeParse(value).data;
}

/** When the request was made, epoch ms: its own `time`, else when the queue accepted it. Decides which write wins. */
export function writeTimeOf(request: Request, sentAt: number): number {
  return request.time === undefined ? sentAt : Date.parse(request.time);
}
