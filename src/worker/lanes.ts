/** Work on one message, with a place in a lane. */
export interface Job {
  /** Runs to the end. Never rejects. */
  run(): Promise<LaneVerdict>;
  /**
   * Gives the message back without having acted on it.
   * @param seconds until it may be delivered again
   */
  release(seconds: number): void;
}

/** After a job: the lane goes on, or those behind it are released, for so many seconds. */
export type LaneVerdict = "next" | { releaseFor: number };

/**
 * Runs the jobs of one lane in order and different lanes concurrently. A lane exists while it has jobs.
 * How many there are at once is bounded by who adds them.
 */
export class Lanes {
  readonly #queued = new Map<string, Job[]>();

  /** How many jobs run: one for each lane. */
  get running(): number {
    return this.#queued.size;
  }

  add(key: string, job: Job): void {
    const queued = this.#queued.get(key);
    if (queued) {
      queued.push(job);
      return;
    }
    this.#queued.set(key, [job]);
    void this.#run(key);
  }

  async #run(key: string): Promise<void> {
    const queued = this.#queued.get(key) ?? [];
    for (let job = queued.shift(); job; job = queued.shift()) {
      const verdict = await job.run();
      if (verdict !== "next") releaseAll(queued, verdict.releaseFor);
    }
    this.#queued.delete(key);
  }

  /** Releases every job that has not started. */
  clear(): void {
    for (const queued of this.#queued.values()) releaseAll(queued, 0);
  }
}

// The last first: a queue that puts each back at the front of its group then has them in order.
function releaseAll(queued: Job[], seconds: number): void {
  for (const job of queued.splice(0).reverse()) job.release(seconds);
}
