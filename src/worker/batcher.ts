/** SQS's limit for every batch call. */
const ENTRIES = 10;
/** SQS's limit for one SendMessageBatch: bodies and attributes together. */
const BYTES = 1_048_576;
/** How long a batch that could still grow waits for more. */
const LINGER_MS = 3;

interface Waiting<T> {
  entry: T;
  bytes: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface BatcherOptions<T> {
  /**
   * Makes the call for up to ten entries.
   * @returns for each entry, in order, the error it failed with, or undefined
   * @throws where the call itself failed: then every entry has
   */
  send: (entries: T[]) => Promise<(Error | undefined)[]>;
  /** What an entry takes of the call's size limit; 0 where there is none. */
  bytesOf?: (entry: T) => number;
  /** How many messages are being worked on: a batch that holds as many can get no company and goes at once. */
  working: () => number;
}

/**
 * Collects entries from everything in flight into batch calls: a batch goes at ten entries, when it is full by
 * size, when nothing else could join it, or after a few ms. Each entry learns its own outcome.
 */
export class Batcher<T> {
  readonly #options: BatcherOptions<T>;
  #waiting: Waiting<T>[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #checking = false;

  constructor(options: BatcherOptions<T>) {
    this.#options = options;
  }

  /**
   * Resolves when the entry was taken.
   * @throws what the call failed with, or the entry's own error
   */
  add(entry: T): Promise<void> {
    const bytes = this.#options.bytesOf?.(entry) ?? 0;
    if (this.#bytes + bytes > BYTES) this.#flush();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, bytes, resolve, reject });
      this.#bytes += bytes;
      if (this.#waiting.length === ENTRIES) this.#flush();
      else this.#schedule();
    });
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#flush(), LINGER_MS);
    if (this.#checking) return;
    this.#checking = true;
    // After this turn's other entries have joined.
    setImmediate(() => {
      this.#checking = false;
      if (this.#waiting.length > 0 && this.#waiting.length >= this.#options.working()) this.#flush();
    });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#bytes = 0;
    const batch = this.#waiting.splice(0);
    if (batch.length > 0) void this.#send(batch);
  }

  async #send(batch: Waiting<T>[]): Promise<void> {
    let outcomes: (Error | undefined)[];
    try {
      outcomes = await this.#options.send(batch.map(({ entry }) => entry));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    batch.forEach(({ resolve, reject }, index) => {
      const error = outcomes[index];
      if (error) reject(error);
      else resolve();
    });
  }
}
