import { resultId } from "./identity.ts";
import type { Addressed } from "./parse.ts";
import type { Result, ResultData } from "./result.ts";

/**
 * The result of a request.
 * @param at when it was decided, epoch ms
 */
export function resultOf(addressed: Addressed, data: ResultData, at: number): Result {
  const { id, source, type, subject, traceparent, tracestate } = addressed;
  return {
    specversion: "1.0",
    id: resultId(addressed),
    source: "/product-worker",
    type: `${type}.result`,
    ...(subject !== undefined && { subject }),
    time: new Date(at).toISOString(),
    datacontenttype: "application/json",
    causationid: id,
    causationsource: source,
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    data,
  };
}

// SQS refuses a body with U+FFFE or U+FFFF; JSON.stringify escapes all else that SQS refuses.
const REFUSED_BY_SQS = /[\uFFFE\uFFFF]/g;

/** JSON whose every character is allowed in an SQS message. */
export function encode(value: unknown): string {
  const json = JSON.stringify(value);
  return json.replace(REFUSED_BY_SQS, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
