import type { HttpHandlerOptions, HttpRequest, RequestHandler } from "@smithy/types";
import { Agent, type Dispatcher } from "undici";

const CONNECT_MS = 3_000;
const KEEP_ALIVE_MS = 30_000;

/** An answer with its body in hand. */
export interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/**
 * The SDK's HTTP on undici, which takes less CPU for a call than Node's own client; an answer is handed on as bytes,
 * for every one here is read whole (docs/performance.md).
 *
 * The SDK has no timeouts of its own. `headersTimeout` ends a call that gets no answer, `bodyTimeout` an answer that
 * stops in the middle. A call that waits for a free connection is under neither, so there must be a connection for
 * every call that can be under way.
 */
export class HttpHandler implements RequestHandler<HttpRequest, Answer, HttpHandlerOptions> {
  readonly #agent: Agent;

  /**
   * @param timeoutMs how long a call may take to be answered, ms
   * @param connections calls that can be under way at once
   */
  constructor(timeoutMs: number, connections: number) {
    this.#agent = new Agent({
      connections,
      connect: { timeout: CONNECT_MS },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // Longer than undici's 4 s: a quiet worker's next call need not shake hands again.
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  }

  /** @throws AbortError, and undici's own errors, by their `code` */
  handle(request: HttpRequest, { abortSignal }: HttpHandlerOptions = {}): Promise<{ response: Answer }> {
    const { protocol, hostname, port, path, headers, body } = request;
    const method = request.method as Dispatcher.HttpMethod;
    const origin = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(resolve, reject, abortSignal as AbortSignal | undefined);
      this.#agent.dispatch({ origin, path, method, headers, body }, exchange);
    });
  }

  /** Ends the connections, and the calls under way on them. */
  destroy(): void {
    void this.#agent.destroy();
  }

  // What clients are told of it after they were made: nothing here can be changed then.
  updateHttpClientConfig(): void {}
  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

/** One call under way, as undici tells of it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (handled: { response: Answer }) => void;
  readonly #reject: (error: Error) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #statusCode = 0;
  #headers: Record<string, string> = {};

  constructor(
    resolve: (handled: { response: Answer }) => void,
    reject: (error: Error) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
  }

  readonly #abort = () => {
    const error = Object.assign(new Error("the call was aborted"), { name: "AbortError" });
    this.#controller?.abort(error);
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal?.aborted) this.#abort();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#statusCode = statusCode;
    // Repeated headers come as lists: AWS repeats none that anybody reads.
    this.#headers = headers as Record<string, string>;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    const [first, ...more] = this.#chunks;
    const body = first === undefined || more.length > 0 ? Buffer.concat(this.#chunks) : first;
    this.#resolve({ response: { statusCode: this.#statusCode, headers: this.#headers, body } });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#reject(error);
  }
}
