import { setTimeout as delay } from "node:timers/promises";
import type { SQSClient, Message as SqsMessage } from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { equalJitter } from "./backoff.ts";
import { SYSTEM_ATTRIBUTES } from "./message.ts";
import type { Slots } from "./slots.ts";

/** SQS's limit for one receive. */
export const MESSAGES_A_RECEIVE = 10;
const FIRST_REST_MS = 500;
const MOST_REST_MS = 30_000;

export interface IntakeOptions {
  /** A client whose timeout is longer than `waitSeconds`. */
  sqs: SQSClient;
  /** The requests queue. */
  url: string;
  /** How long a receive waits for a message, seconds. */
  waitSeconds: number;
  /** Pollers at the most; there is one while the queue is quiet. */
  maxPollers: number;
  slots: Slots;
  /** Messages asked for in one receive, 1–10: each receive takes as many slots. */
  batchSize: number;
  /** Resolves when receiving makes sense: nothing that handling needs is unavailable. */
  ready: () => Promise<void>;
  /** Takes received messages over, each with a slot. Must not throw. */
  take: (messages: SqsMessage[]) => void;
  /** Told of a receive that failed, and how many have failed in a row. */
  failed: (error: unknown, inARow: number) => void;
}

/**
 * Receives from the requests queue. sqs-consumer polls: its handler hands the messages over and returns, so
 * that no message holds up the next receive, and its pre-receive callback is where a poller waits, for its
 * turn, for free slots and for what handling needs.
 *
 * A stop does not abort a receive that waits: a message just handed out to it would stay invisible.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #stopping = new AbortController();
  readonly #consumers: Consumer[] = [];
  /** Pollers waiting for their turn. */
  #queue: (() => void)[] = [];
  /** Pollers that have their turn: about to receive, or receiving. */
  #turns = 0;
  /** How many may have it at once. */
  #pollers = 1;
  /** Receives under way. */
  #receiving = 0;
  #idle: (() => void)[] = [];
  #failures = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  start(): void {
    for (let count = 0; count < this.#options.maxPollers; count++) {
      const consumer = this.#consumer();
      this.#consumers.push(consumer);
      consumer.start();
    }
  }

  /** Begins no more receives. Resolves when those under way have returned; what they bring is taken. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const consumer of this.#consumers) consumer.stop();
    for (const turn of this.#queue.splice(0)) turn();
    if (this.#receiving > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends the receives that still wait; a message handed out to one of them stays invisible until its timeout. */
  abort(): void {
    for (const consumer of this.#consumers) consumer.abortController?.abort();
  }

  #consumer(): Consumer {
    let receiving = false;
    const returned = (messages: number) => {
      receiving = false;
      this.#returned(messages);
    };
    const consumer = Consumer.create({
      sqs: this.#options.sqs,
      queueUrl: this.#options.url,
      batchSize: this.#options.batchSize,
      waitTimeSeconds: this.#options.waitSeconds,
      messageAttributeNames: ["All"],
      messageSystemAttributeNames: [...SYSTEM_ATTRIBUTES],
      shouldDeleteMessages: false,
      suppressFifoWarning: true,
      // Failed receives are paced here, all of them alike; sqs-consumer paces some, for a fixed time.
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: async () => {
        await this.#turn();
        receiving = true;
        this.#receiving += 1;
      },
      handleMessageBatch: async (messages) => {
        this.#failures = 0;
        this.#options.take(messages);
        returned(messages.length);
        return [];
      },
    });
    consumer.on("empty", () => {
      this.#failures = 0;
      returned(0);
    });
    consumer.on("error", (error) => {
      if (!receiving) return; // not a receive that failed: the intake stopped before it began
      this.#failures += 1;
      this.#options.failed(error.cause ?? error, this.#failures);
      returned(0);
    });
    return consumer;
  }

  /** Waits for a place among the pollers, for whatever handling needs, and for slots. */
  async #turn(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted && this.#turns >= this.#pollers) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    this.#turns += 1;
    try {
      await this.#rest();
      await this.#options.ready();
      await this.#options.slots.take(this.#options.batchSize, signal);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** A failed receive is followed by a rest that grows: it never becomes a hot loop. */
  async #rest(): Promise<void> {
    if (this.#failures === 0) return;
    const rest = equalJitter(this.#failures, FIRST_REST_MS, MOST_REST_MS, Math.random);
    await delay(rest, undefined, { signal: this.#stopping.signal });
  }

  #returned(messages: number): void {
    this.#options.slots.give(this.#options.batchSize - messages);
    // One more poller while receives come back full, one less when one does not.
    if (messages === this.#options.batchSize)
      this.#pollers = Math.min(this.#pollers + 1, this.#options.maxPollers);
    else this.#pollers = Math.max(this.#pollers - 1, 1);
    this.#receiving -= 1;
    this.#leave();
    if (this.#receiving === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #leave(): void {
    this.#turns -= 1;
    for (let free = this.#pollers - this.#turns; free > 0; free--) this.#queue.shift()?.();
  }
}
