import { type Lease, LeaseLost } from "./lease.ts";
import type { Settled } from "./settle.ts";

/*
 * A received message is this worker's for its visibility timeout. Whatever is in hand longer than half of it
 * gets another one, so that a slow or held message is not delivered to a second worker while it is worked on.
 * Leases end when the message is settled; a lease that cannot be kept is lost, and its message is let go.
 */

/** SQS: a message can be kept invisible for 12 hours in all from its receive. */
const LONGEST_SECONDS = 12 * 60 * 60;
/** A margin before that, so that the last extension is still accepted. */
const MARGIN_SECONDS = 60;
const SHORTEST_TICK_MS = 100;
const LONGEST_TICK_MS = 30_000;

interface Held {
  lost: LeaseLost | undefined;
  receivedAt: number;
  /** When its visibility timeout began, epoch ms. */
  since: number;
  extending: boolean;
  extend: (seconds: number) => Promise<Settled>;
}

export interface LeasesOptions {
  /** The requests queue's visibility timeout, seconds. */
  visibilityTimeout: number;
  /** Told of a lease that was lost. */
  lost: (error: LeaseLost) => void;
  now?: () => number;
}

export class Leases {
  readonly #options: Required<LeasesOptions>;
  readonly #held = new Set<Held>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeasesOptions) {
    this.#options = { now: Date.now, ...options };
  }

  /**
   * Begins a message's lease.
   * @param receivedAt epoch ms
   * @param extend gives it so many seconds more; rejects only where that will not work for good
   */
  take(receivedAt: number, extend: (seconds: number) => Promise<Settled>): Lease {
    const held = { lost: undefined, receivedAt, since: receivedAt, extending: false, extend };
    this.#held.add(held);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs());
    return held;
  }

  /** Ends a lease: its message has been settled. */
  end(lease: Lease): void {
    this.#held.delete(lease as Held);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tickMs(): number {
    const eighth = (this.#options.visibilityTimeout * 1000) / 8;
    return Math.min(LONGEST_TICK_MS, Math.max(SHORTEST_TICK_MS, eighth));
  }

  #tick(): void {
    const now = this.#options.now();
    const half = (this.#options.visibilityTimeout * 1000) / 2;
    for (const held of this.#held) {
      // At the tick before half, if the next would be after it.
      if (!held.lost && !held.extending && now - held.since >= half - this.#tickMs()) {
        void this.#extend(held, now);
      }
    }
  }

  async #extend(held: Held, now: number): Promise<void> {
    const { visibilityTimeout } = this.#options;
    const left = LONGEST_SECONDS - MARGIN_SECONDS - Math.ceil((now - held.receivedAt) / 1000);
    if (left <= 0) {
      this.#lose(held, new LeaseLost("a message cannot be kept longer than 12 hours"));
      return;
    }
    held.extending = true;
    try {
      const outcome = await held.extend(Math.min(visibilityTimeout, left));
      if (outcome === "gone") this.#lose(held, new LeaseLost("the receipt handle is no longer valid"));
      // Counted from before the call: the timeout begins no earlier.
      else held.since = now;
    } catch (cause) {
      this.#lose(held, new LeaseLost("the visibility timeout could not be extended", { cause }));
    } finally {
      held.extending = false;
    }
  }

  #lose(held: Held, error: LeaseLost): void {
    if (!this.#held.has(held)) return; // settled meanwhile
    held.lost = error;
    this.#options.lost(error);
  }
}
