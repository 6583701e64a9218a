import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient, Message as SqsMessage } from "@aws-sdk/client-sqs";
import { LONG_POLL_SECONDS } from "../aws/clients.ts";
import { describeQueue, type QueueFacts } from "../aws/queues.ts";
import { tableCalls } from "../products/calls.ts";
import { ProductTable } from "../products/table.ts";
import { failureFields, type Log } from "../telemetry/log.ts";
import { Deliveries } from "./deliveries.ts";
import { Gate, Stopping } from "./gate.ts";
import { type Hold, holding } from "./hold.ts";
import { Intake, MESSAGES_A_RECEIVE } from "./intake.ts";
import { Leases } from "./leases.ts";
import { Park } from "./park.ts";
import { ResultsQueue } from "./results.ts";
import { Settle } from "./settle.ts";
import { Slots } from "./slots.ts";

export interface WorkerOptions {
  /** SQS for receives: its timeout is longer than `receiveWaitSeconds`. */
  polling: SQSClient;
  /** SQS for all else. */
  sqs: SQSClient;
  dynamo: DynamoDBClient;
  log: Log;
  requestsUrl: string;
  resultsUrl: string;
  deadLettersUrl: string;
  /** Queue URLs that a request's `ReplyTo` may name. */
  replyUrls: readonly string[];
  table: string;
  /** Messages in hand at the most. */
  maxInFlight: number;
  maxPollers: number;
  /** Seconds a stop may take. */
  drainTimeout: number;
  /** How long a receive waits for messages, seconds. */
  receiveWaitSeconds?: number;
}

/** Deliveries after which a request is given up where the requests queue has no redrive policy to say. */
const DEFAULT_RECEIVES = 5;
/** The end of a drain, kept for releasing what could not be finished. */
const RELEASE_SHARE = 0.2;
const RELEASE_MOST_MS = 2_000;
/** How long reads that could be joined by others wait for them. */
const READ_LINGER_MS = 2;

/**
 * Takes product requests from a queue, keeps products in a table, and publishes a result for each.
 * `start` resolves once it receives; `stop` once nothing is in hand.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #gates = new Map<string, Gate>();
  readonly #abandoned = new AbortController();
  readonly #batchSize: number;
  readonly #slots: Slots;
  #intake: Intake | undefined;
  #deliveries: Deliveries | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    // A receive takes its slots beforehand. Were they all there are, one slow message would hold up every receive.
    this.#batchSize = Math.max(1, Math.min(MESSAGES_A_RECEIVE, Math.floor(options.maxInFlight / 2)));
    this.#slots = new Slots(options.maxInFlight, Math.min(options.maxInFlight, this.#batchSize * 2));
  }

  /**
   * Reads the queues' own attributes and begins to receive. Waits while they cannot be read; resolves without
   * receiving where the worker is stopped meanwhile.
   */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      if (!(this.#stopped && error instanceof Stopping)) throw error;
    }
  }

  async #start(): Promise<void> {
    const { sqs, log, requestsUrl, resultsUrl, deadLettersUrl, replyUrls } = this.#options;
    const facts = async (name: string, url: string) => this.#hold(name)(() => describeQueue(sqs, url));
    const [requests, deadLetters, ...results] = await Promise.all([
      facts("requests queue", requestsUrl),
      facts("dead-letter queue", deadLettersUrl),
      ...[resultsUrl, ...replyUrls].map((url) => facts(resultsGate(url), url)),
    ]);
    if (this.#stopped) return;
    this.#warnOf(requests, deadLetters);
    this.#deliveries = this.#assemble(requests, deadLetters, results);
    this.#intake = this.#receiver(this.#deliveries);
    this.#intake.start();
    log.info({ requests, deadLetters, results, table: this.#options.table }, "receiving");
  }

  #assemble(requests: QueueFacts, deadLetters: QueueFacts, results: QueueFacts[]): Deliveries {
    const { sqs, dynamo, log, table, resultsUrl, replyUrls } = this.#options;
    const working = () => deliveries.working;
    const deliveries: Deliveries = new Deliveries({
      log,
      requests: { fifo: requests.fifo, maxReceiveCount: requests.maxReceiveCount ?? DEFAULT_RECEIVES },
      replies: { results: resultsUrl, allowed: new Set(replyUrls) },
      table: new ProductTable({
        table,
        calls: tableCalls(dynamo, this.#hold("table")),
        now: Date.now,
        scheduleReads: (flush) => {
          if (working() <= 1) setImmediate(flush);
          else setTimeout(flush, READ_LINGER_MS);
        },
      }),
      results: new Map(
        results.map(({ url, maximumMessageSize }) => {
          const queue = new ResultsQueue({ sqs, url, hold: this.#hold(resultsGate(url)), working });
          return [url, { queue, maximumMessageSize }];
        }),
      ),
      park: new Park({
        sqs,
        url: deadLetters.url,
        maximumMessageSize: deadLetters.maximumMessageSize,
        hold: this.#hold("dead-letter queue"),
        working,
      }),
      settle: new Settle({ sqs, url: requests.url, hold: this.#hold("requests queue"), working }),
      leases: new Leases({
        visibilityTimeout: requests.visibilityTimeout,
        lost: ({ message }) => log.warn({ reason: message }, "a lease was lost"),
      }),
      settled: () => this.#slots.settled(),
    });
    return deliveries;
  }

  #receiver(deliveries: Deliveries): Intake {
    const { polling, requestsUrl, maxPollers, receiveWaitSeconds, log } = this.#options;
    return new Intake({
      sqs: polling,
      url: requestsUrl,
      waitSeconds: receiveWaitSeconds ?? LONG_POLL_SECONDS,
      maxPollers,
      batchSize: this.#batchSize,
      slots: this.#slots,
      ready: () => this.#gatesReady(),
      take: (messages: SqsMessage[]) => deliveries.take(messages),
      failed: (error, inARow) => log.warn({ ...failureFields(error), inARow }, "receive failed"),
    });
  }

  /** Messages received and not settled. */
  get inHand(): number {
    return this.#deliveries?.inHand ?? 0;
  }

  /**
   * Stops receiving, finishes or releases what is in hand, and resolves, within the drain timeout.
   * Every call gives the same promise.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#drain();
    return this.#stopped;
  }

  async #drain(): Promise<void> {
    const { log, drainTimeout } = this.#options;
    const started = Date.now();
    const whole = drainTimeout * 1000;
    const releaseMs = Math.min(whole * RELEASE_SHARE, RELEASE_MOST_MS);
    log.info({ inHand: this.inHand, drainTimeout }, "draining");
    const drained = this.#empty();
    const soon = setTimeout(() => this.#abandon(), whole - releaseMs);
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, whole).unref();
    });
    await Promise.race([drained, late]);
    clearTimeout(soon);
    const { inHand } = this;
    this.#abandon();
    const fields = { inHand, ms: Date.now() - started };
    if (inHand === 0) log.info(fields, "stopped");
    else log.warn(fields, "stopped with messages in hand: they become visible again by their timeout");
  }

  async #empty(): Promise<void> {
    this.#deliveries?.stop();
    await this.#intake?.stop();
    await this.#deliveries?.empty();
  }

  /** Nobody waits any longer: what is held by a closed gate is released. */
  #abandon(): void {
    this.#abandoned.abort();
    for (const gate of this.#gates.values()) gate.abandon();
    this.#intake?.abort();
  }

  #hold(name: string): Hold {
    const { log } = this.#options;
    let gate = this.#gates.get(name);
    if (!gate) {
      gate = new Gate(name, {
        closed: (dependency, error) =>
          log.error({ dependency, ...failureFields(error) }, "unavailable: holding what is in hand"),
        opened: (dependency, ms) => log.info({ dependency, ms }, "available again"),
      });
      this.#gates.set(name, gate);
    }
    return holding({
      gate,
      abandoned: this.#abandoned.signal,
      throttled: (error) => {
        this.#slots.throttled();
        log.warn({ dependency: name, inFlight: this.#slots.limit, ...failureFields(error) }, "throttled");
      },
    });
  }

  async #gatesReady(): Promise<void> {
    for (const gate of this.#gates.values()) await gate.untilReady();
  }

  #warnOf(requests: QueueFacts, deadLetters: QueueFacts): void {
    const { log, deadLettersUrl } = this.#options;
    if (requests.maxReceiveCount === undefined) {
      const message = "the requests queue has no redrive policy: requests are given up after the default";
      log.warn({ receives: DEFAULT_RECEIVES }, message);
    }
    const target = requests.deadLetterArn?.split(":").at(-1);
    if (target !== undefined && target !== deadLettersUrl.split("/").at(-1)) {
      log.warn(
        { redriveTarget: target, deadLettersUrl },
        "SQS itself moves messages to another dead-letter queue",
      );
    }
    if (deadLetters.maximumMessageSize < requests.maximumMessageSize) {
      log.warn(
        { requests: requests.maximumMessageSize, deadLetters: deadLetters.maximumMessageSize },
        "the dead-letter queue takes smaller messages than the requests queue: larger ones cannot be parked",
      );
    }
  }
}

function resultsGate(url: string): string {
  return `results queue ${url.split("/").at(-1)}`;
}
