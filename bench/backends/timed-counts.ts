import { CallCounts } from "../../tools/local/call-counts.ts";

/** Calls as the server sees them, and when the last result was sent. */
export class TimedCounts extends CallCounts {
  /** Epoch ms, with fractions. */
  lastSend = 0;
  readonly #before: () => void;

  /** @param before run before each call is handled */
  constructor(before: () => void) {
    super();
    this.#before = before;
  }

  override count(headers: Parameters<CallCounts["count"]>[0]): void {
    super.count(headers);
    if (String(headers["x-amz-target"]).startsWith("AmazonSQS.SendMessage")) this.lastSend = now();
    this.#before();
  }
}

export function now(): number {
  return performance.timeOrigin + performance.now();
}
