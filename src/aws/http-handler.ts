import { UndiciHttpHandler } from "@smithy/undici-http-handler";

const CONNECT_MS = 3_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * The SDK's HTTP on undici, which takes less CPU for a call than Node's own client (docs/performance.md).
 *
 * The SDK has no timeouts of its own. `headersTimeout` ends a call that gets no answer, `bodyTimeout` an answer that
 * stops in the middle. A call that waits for a free connection is under neither, so there must be a connection for
 * every call that can be under way.
 *
 * @param timeoutMs how long a call may take to be answered, ms
 * @param connections calls that can be under way at once
 */
export function httpHandler(timeoutMs: number, connections: number): UndiciHttpHandler {
  return new WholeAnswers({
    dispatcher: {
      connections,
      connect: { timeout: CONNECT_MS },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // Longer than undici's 4 s: a quiet worker's next call need not shake hands again.
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  });
}

/** Hands on an answer as bytes: every one here is read whole, and the SDK would read a stream piece by piece. */
class WholeAnswers extends UndiciHttpHandler {
  override async handle(...args: Parameters<UndiciHttpHandler["handle"]>) {
    const answer = await super.handle(...args);
    answer.response.body = await answer.response.body.bytes();
    return answer;
  }
}
