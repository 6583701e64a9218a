/**
 * Counts messages in hand. A slot is taken before a receive for every message it may bring, and given back
 * when the message is settled or did not come.
 */
export class Slots {
  readonly #most: number;
  #taken = 0;
  #waiting: { count: number; resolve: () => void }[] = [];

  /** @param most messages in hand at the most */
  constructor(most: number) {
    this.#most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * Waits for `count` free slots and takes them.
   * @throws the signal's reason once it is aborted; then none are taken
   */
  async take(count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#taken + count <= this.#most) {
      this.#taken += count;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiting = { count, resolve };
      this.#waiting.push(waiting);
      const stop = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      waiting.resolve = () => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
    });
  }

  give(count: number): void {
    this.#taken -= count;
    for (
      let next = this.#waiting[0];
      next && this.#taken + next.count <= this.#most;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#taken += next.count;
      next.resolve();
    }
  }
}
