/*
 * AIMD, as TCP does: a throttled call halves what may be in hand, at most once a second, for the calls under way
 * were sent before the cut could show; every full round of settled messages adds one again.
 */

const CUT_EVERY_MS = 1_000;

/**
 * Counts messages in hand. A slot is taken before a receive for every message it may bring, and given back
 * when the message is settled or did not come.
 */
export class Slots {
  readonly #most: number;
  readonly #least: number;
  readonly #now: () => number;
  #limit: number;
  #taken = 0;
  #lastCut = Number.NEGATIVE_INFINITY;
  #waiting: { count: number; resolve: () => void }[] = [];

  /**
   * @param most messages in hand at the most
   * @param least what throttling never goes below: at least as many as are taken at once
   */
  constructor(most: number, least: number, now: () => number = Date.now) {
    this.#most = most;
    this.#least = least;
    this.#limit = most;
    this.#now = now;
  }

  /** How many may be taken now: `most`, but for throttling. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /**
   * Waits for `count` free slots and takes them.
   * @throws the signal's reason once it is aborted; then none are taken
   */
  async take(count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#taken + count <= this.limit) {
      this.#taken += count;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      const waiting = {
        count,
        resolve: () => {
          signal.removeEventListener("abort", stop);
          resolve();
        },
      };
      this.#waiting.push(waiting);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  /** Gives back slots that no message came for. */
  give(count: number): void {
    this.#taken -= count;
    for (
      let next = this.#waiting[0];
      next && this.#taken + next.count <= this.limit;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#taken += next.count;
      next.resolve();
    }
  }

  /** Gives back the slot of a message that was settled. */
  settled(): void {
    this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
    this.give(1);
  }

  /** A call was throttled. */
  throttled(): void {
    const now = this.#now();
    if (now - this.#lastCut < CUT_EVERY_MS) return;
    this.#lastCut = now;
    this.#limit = Math.max(this.#least, this.#limit / 2);
  }
}
