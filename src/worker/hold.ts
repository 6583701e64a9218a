import { setTimeout as delay } from "node:timers/promises";
import { classify } from "../aws/failures.ts";
import { equalJitter, type Random } from "./backoff.ts";
import { type Gate, Stopping } from "./gate.ts";
import type { Lease } from "./lease.ts";

const FIRST_REST_MS = 50;
const MOST_REST_MS = 5_000;

/**
 * Runs a step until its dependency can do it.
 * @param lease of the message the step is for: once it is lost, the step is not made any more
 * @throws LeaseLost, Stopping, and what the step fails with for its own reasons
 */
export type Hold = <T>(step: () => Promise<T>, lease?: Lease) => Promise<T>;

export interface HoldOptions {
  gate: Gate;
  /** Told of every throttled call. */
  throttled: (error: unknown) => void;
  /** Aborted when nobody may wait any longer. */
  abandoned: AbortSignal;
  random?: Random;
}

/**
 * Wraps the calls to one dependency: a call that fails because the dependency is unavailable is made again
 * when its gate lets it pass; one that was throttled, or that failed alone while others succeeded, after a
 * backoff. Anything else is the caller's.
 *
 * A step may be made again after it took effect unseen (a connection reset after the server acted), so it
 * must be one that can be repeated.
 */
export function holding({ gate, throttled, abandoned, random = Math.random }: HoldOptions): Hold {
  return async (step, lease) => {
    for (let rests = 0; ; ) {
      const probe = await gate.pass();
      if (lease?.lost) {
        if (probe) gate.yieldProbe();
        throw lease.lost;
      }
      const began = Date.now();
      try {
        const value = await step();
        gate.succeeded();
        return value;
      } catch (error) {
        const failure = classify(error);
        if (failure === "unavailable") {
          gate.failed(error, probe, began);
          if (!gate.isOpen) continue; // the gate says when
        } else {
          gate.succeeded(); // it answered, if not as wished
          if (failure !== "throttled") throw error;
          throttled(error);
        }
        rests += 1;
        const rest = equalJitter(rests, FIRST_REST_MS, MOST_REST_MS, random);
        await delay(rest, undefined, { signal: abandoned }).catch((cause) => {
          throw new Stopping(`${gate.name} fails and the worker is stopping`, { cause });
        });
      }
    }
  };
}
