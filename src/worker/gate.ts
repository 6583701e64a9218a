import { equalJitter, type Random } from "./backoff.ts";

/*
 * States:
 *   open ──failed──▶ closed, resting ──timer──▶ closed, probing ──succeeded──▶ open
 *                          ▲                          │
 *                          └─────────failed───────────┘
 * Resting, nobody passes. Probing, exactly one does. Calls that were under way when the gate closed report
 * too: a success opens it, a failure changes nothing. Rested with nobody to probe (every message in hand was let
 * go), it is idle until somebody comes: receives go on then, for what they bring is what can find out.
 */

/** What a gate throws at those who wait before it when the worker stops. */
export class Stopping extends Error {
  override readonly name = "Stopping";
}

const FIRST_MS = 100;
const MOST_MS = 30_000;

/** Says that one dependency cannot be used, and lets one caller at a time find out whether it can again. */
export interface GateListener {
  closed(gate: string, error: unknown): void;
  opened(gate: string, closedMs: number): void;
}

export class Gate {
  readonly name: string;
  readonly #listener: GateListener;
  readonly #random: Random;
  #closedAt: number | undefined;
  #lastSuccess = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #probing = false;
  #waiting: { pass: (probe: boolean) => void; refuse: (error: Stopping) => void }[] = [];
  #ready: (() => void)[] = [];
  #abandoned = false;

  constructor(name: string, listener: GateListener, random: Random = Math.random) {
    this.name = name;
    this.#listener = listener;
    this.#random = random;
  }

  get isOpen(): boolean {
    return this.#closedAt === undefined;
  }

  /**
   * Waits until the caller may make its call.
   * @returns whether the caller is the probe of a closed gate
   * @throws Stopping where the gate is closed and has been abandoned
   */
  async pass(): Promise<boolean> {
    if (this.isOpen) return false;
    if (this.#abandoned) throw new Stopping(`${this.name} is unavailable and the worker is stopping`);
    if (this.#timer === undefined && !this.#probing) {
      this.#probing = true;
      return true;
    }
    return new Promise((pass, refuse) => this.#waiting.push({ pass, refuse }));
  }

  /** The dependency answered. */
  succeeded(): void {
    this.#lastSuccess = Date.now();
    if (this.#closedAt === undefined) return;
    this.#listener.opened(this.name, Date.now() - this.#closedAt);
    this.#closedAt = undefined;
    this.#failures = 0;
    this.#probing = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { pass } of this.#waiting.splice(0)) pass(false);
    for (const ready of this.#ready.splice(0)) ready();
  }

  /**
   * The dependency could not be used by one call. That closes the gate, unless another call has succeeded since
   * that one began: then it was that call's own misfortune, as of one that hung on a lost connection.
   * @param probe what `pass` returned to the caller
   * @param began when the call began, epoch ms
   */
  failed(error: unknown, probe: boolean, began: number): void {
    if (this.#closedAt === undefined) {
      if (this.#lastSuccess > began) return;
      this.#closedAt = Date.now();
      this.#listener.closed(this.name, error);
    } else if (!probe) {
      return;
    }
    this.#probing = false;
    this.#failures += 1;
    const rest = equalJitter(this.#failures, FIRST_MS, MOST_MS, this.#random);
    this.#timer = setTimeout(() => this.#rested(), rest);
  }

  #rested(): void {
    this.#timer = undefined;
    const next = this.#waiting.shift();
    if (next) {
      this.#probing = true;
      next.pass(true);
      return;
    }
    for (const ready of this.#ready.splice(0)) ready();
  }

  /** The probe has nothing to try after all: the next in line is the probe. */
  yieldProbe(): void {
    if (!this.#probing) return;
    this.#probing = false;
    this.#rested();
  }

  /** Resolves when the gate is open, or has nobody to probe it. Never makes a caller the probe. */
  async untilReady(): Promise<void> {
    if (this.isOpen || this.#idle) return;
    await new Promise<void>((resolve) => this.#ready.push(resolve));
  }

  get #idle(): boolean {
    return this.#timer === undefined && !this.#probing && this.#waiting.length === 0;
  }

  /** From now on nobody waits: those before the closed gate, and those who come to it, get `Stopping`. */
  abandon(): void {
    this.#abandoned = true;
    const error = new Stopping(`${this.name} is unavailable and the worker is stopping`);
    for (const { refuse } of this.#waiting.splice(0)) refuse(error);
    for (const ready of this.#ready.splice(0)) ready();
  }
}
