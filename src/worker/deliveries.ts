import type { Message as SqsMessage } from "@aws-sdk/client-sqs";
import type { ResultData } from "../contract/result.ts";
import type { ProductTable } from "../products/table.ts";
import { failureFields, type Log } from "../telemetry/log.ts";
import { fullJitter } from "./backoff.ts";
import { compose, pageBytes, partBytes } from "./compose.ts";
import { type Decoded, decode, type Replies } from "./decode.ts";
import { Stopping } from "./gate.ts";
import { gaveUp, handle, invalid } from "./handle.ts";
import { Lanes, type LaneVerdict } from "./lanes.ts";
import { type Lease, LeaseLost } from "./lease.ts";
import type { Leases } from "./leases.ts";
import { type Message, toMessage } from "./message.ts";
import type { Park } from "./park.ts";
import type { ResultsQueue } from "./results.ts";
import type { Settle } from "./settle.ts";

const FIRST_RETRY_SECONDS = 1;
const MOST_RETRY_SECONDS = 15 * 60;
const GAVE_UP = "GAVE_UP";

export interface DeliveriesOptions {
  log: Log;
  requests: { fifo: boolean; maxReceiveCount: number };
  replies: Replies;
  table: ProductTable;
  /** By URL: the default results queue and those that ReplyTo may name. */
  results: ReadonlyMap<string, { queue: ResultsQueue; maximumMessageSize: number }>;
  park: Park;
  settle: Settle;
  leases: Leases;
  /** Called once for every message taken, when it has left this worker's hand. */
  settled: () => void;
}

/** A message in hand. */
interface Delivery {
  message: Message;
  decoded: Decoded;
  lease: Lease;
}

/** What is answered: a request or a refusal. */
type Answerable = Exclude<Decoded, { kind: "unreadable" }>;

/**
 * What happens to each message between its receive and its end: decoded, run in its lane, answered, and
 * deleted; or parked and deleted; or made visible again.
 *
 * The order is the guarantee: a message is deleted only after its result was accepted by the results queue, or
 * after it was accepted by the dead-letter queue.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #lanes = new Lanes();
  #inHand = 0;
  #stopping = false;
  #empty: (() => void)[] = [];

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Messages taken and not settled. */
  get inHand(): number {
    return this.#inHand;
  }

  /** Messages being worked on, not waiting for another of their lane. */
  get working(): number {
    return this.#lanes.running;
  }

  /** Takes received messages over. Never throws. */
  take(received: SqsMessage[]): void {
    const { leases, settle, replies, requests } = this.#options;
    const now = Date.now();
    this.#inHand += received.length;
    for (const each of received) {
      const message = toMessage(each, now);
      const lease = leases.take(now, (seconds) => settle.reappear(message, seconds));
      const decoded = decode(message, replies);
      const delivery = { message, decoded, lease };
      if (this.#stopping) {
        void this.#reappear(delivery, 0, "released");
        continue;
      }
      this.#lanes.add(laneOf(delivery, requests.fifo), {
        run: () => this.#serve(delivery),
        release: (seconds) => void this.#reappear(delivery, seconds, "released"),
      });
    }
  }

  /** Starts no more work, and releases what has not started. What is under way goes on. */
  stop(): void {
    this.#stopping = true;
    this.#lanes.clear();
  }

  /** Resolves when nothing is in hand. */
  async empty(): Promise<void> {
    if (this.#inHand > 0) await new Promise<void>((resolve) => this.#empty.push(resolve));
  }

  async #serve(delivery: Delivery): Promise<LaneVerdict> {
    const { decoded, lease } = delivery;
    try {
      if (lease.lost) throw lease.lost;
      if (decoded.kind === "unreadable") {
        await this.#park(delivery, decoded.reason, decoded.detail);
      } else {
        const data = await this.#decide(decoded, lease);
        await this.#publish(delivery, decoded, data);
        this.#logAnswer(delivery, data);
      }
    } catch (error) {
      return this.#failed(delivery, error);
    }
    // The next of the lane need not wait for it: its result, or the message, is where it belongs.
    void this.#delete(delivery);
    return "next";
  }

  async #decide(decoded: Answerable, lease: Lease): Promise<ResultData> {
    if (decoded.kind === "refused") return invalid(decoded.issues);
    const { request, writeTime, addressed } = decoded;
    const room = () => {
      const { maximumMessageSize } = this.#resultsTo(decoded);
      return { bytes: pageBytes(addressed, maximumMessageSize), sizeOf: partBytes };
    };
    return handle(request, writeTime, this.#options.table, room, lease);
  }

  #resultsTo({ replyTo }: Answerable): { queue: ResultsQueue; maximumMessageSize: number } {
    const results = this.#options.results.get(replyTo);
    if (!results)
      throw new Error(`no results queue ${replyTo}: decode let a ReplyTo pass that is not allowed`);
    return results;
  }

  async #publish({ message, lease }: Delivery, decoded: Answerable, data: ResultData): Promise<void> {
    const { queue, maximumMessageSize } = this.#resultsTo(decoded);
    const body = compose(decoded.addressed, data, Date.now(), maximumMessageSize);
    await queue.publish(decoded.addressed, body, message.messageId, lease);
  }

  async #park(delivery: Delivery, reason: string, detail: string): Promise<void> {
    const { log, park } = this.#options;
    const rejection = { reason, detail, at: Date.now(), redrivable: reason === GAVE_UP };
    await park.park(delivery.message, rejection, delivery.lease);
    // The detail may quote the body: it goes with the message, not into the log.
    log.warn({ ...fieldsOf(delivery), reason }, "parked in the dead-letter queue");
  }

  /** Deletes what has been answered or parked, and lets it go, whether or not that worked. Never rejects. */
  async #delete(delivery: Delivery): Promise<void> {
    const { log, settle } = this.#options;
    try {
      if ((await settle.delete(delivery.message, delivery.lease)) === "gone") {
        log.info(fieldsOf(delivery), "deleted too late: it will be delivered again");
      }
    } catch (error) {
      log.warn({ ...fieldsOf(delivery), ...failureFields(error) }, "not deleted: it will be delivered again");
    }
    this.#left(delivery);
  }

  /** An attempt failed with nothing that its rooms know how to wait out. */
  async #failed(delivery: Delivery, error: unknown): Promise<LaneVerdict> {
    const { log, requests } = this.#options;
    const { message, decoded } = delivery;
    if (error instanceof LeaseLost) {
      log.warn({ ...fieldsOf(delivery), reason: error.message }, "let go: it will be delivered again");
      this.#left(delivery);
      return "next";
    }
    if (error instanceof Stopping) {
      await this.#reappear(delivery, 0, "released");
      return { releaseFor: 0 };
    }
    const fields = { ...fieldsOf(delivery), ...failureFields(error) };
    if (message.receiveCount >= requests.maxReceiveCount && decoded.kind !== "unreadable") {
      log.error(fields, "last attempt failed");
      return this.#giveUp(delivery, decoded);
    }
    const jitter = fullJitter(message.receiveCount, FIRST_RETRY_SECONDS, MOST_RETRY_SECONDS, Math.random);
    const seconds = Math.ceil(jitter);
    log.warn({ ...fields, retryInSeconds: seconds }, "attempt failed");
    await this.#reappear(delivery, seconds, "to be retried");
    // A FIFO queue holds the group back while the first of it is invisible; a standard one knows no order, so
    // those behind wait as long as the one they came after.
    return { releaseFor: requests.fifo ? 0 : seconds };
  }

  /** Answers GAVE_UP and parks; where that fails too, SQS moves the message when its timeout has passed. */
  async #giveUp(delivery: Delivery, decoded: Answerable): Promise<LaneVerdict> {
    const { log } = this.#options;
    const attempts = delivery.message.receiveCount;
    const data = gaveUp(attempts);
    try {
      try {
        await this.#publish(delivery, decoded, data);
        this.#logAnswer(delivery, data);
      } catch (error) {
        if (error instanceof Stopping || error instanceof LeaseLost) throw error;
        // The queue refuses even this answer. The request itself is still worth keeping.
        log.error({ ...fieldsOf(delivery), ...failureFields(error) }, "GAVE_UP could not be published");
      }
      await this.#park(delivery, GAVE_UP, `all ${attempts} attempts failed`);
    } catch (error) {
      log.error({ ...fieldsOf(delivery), ...failureFields(error) }, "could not be given up");
      await this.#reappear(delivery, 0, "left to SQS");
      return { releaseFor: 0 };
    }
    void this.#delete(delivery);
    return "next";
  }

  /** Makes a message visible again and lets it go, whether or not that worked: its timeout does the same. */
  async #reappear(delivery: Delivery, seconds: number, why: string): Promise<void> {
    const { log, settle } = this.#options;
    try {
      if (!delivery.lease.lost) await settle.reappear(delivery.message, seconds);
      log.debug({ ...fieldsOf(delivery), seconds }, why);
    } catch (error) {
      log.warn(
        { ...fieldsOf(delivery), ...failureFields(error) },
        `${why}, but only by its visibility timeout`,
      );
    }
    this.#left(delivery);
  }

  #left({ lease }: Delivery): void {
    this.#options.leases.end(lease);
    this.#inHand -= 1;
    this.#options.settled();
    if (this.#inHand === 0) for (const resolve of this.#empty.splice(0)) resolve();
  }

  #logAnswer(delivery: Delivery, data: ResultData): void {
    const { log } = this.#options;
    const fields = { ...fieldsOf(delivery), ms: Date.now() - delivery.message.receivedAt };
    if (data.status === "failed") {
      const { code, issues } = data.error;
      log.info({ ...fields, code, ...(issues && { issues: issues.length }) }, "answered");
    } else {
      const replayed = "replayed" in data && data.replayed;
      log.debug({ ...fields, outcome: data.outcome, ...(replayed && { replayed }) }, "answered");
    }
  }
}

/**
 * What must run in order: on a FIFO queue the message group; on a standard queue, which has no order and where
 * a group is only a share of its throughput, the product.
 */
function laneOf({ message: { groupId, messageId }, decoded }: Delivery, fifo: boolean): string {
  if (fifo && groupId !== undefined) return `group ${groupId}`;
  const product = decoded.kind === "unreadable" ? undefined : decoded.addressed.subject;
  return product === undefined ? `message ${messageId}` : `product ${product}`;
}

/** What a log line says of a message: never its contents. */
function fieldsOf({ message, decoded }: Delivery): Record<string, unknown> {
  const { messageId, receiveCount } = message;
  if (decoded.kind === "unreadable") return { messageId, receiveCount };
  const { id, source, type, subject } = decoded.addressed;
  return { messageId, receiveCount, requestId: id, source, type, productId: subject };
}
