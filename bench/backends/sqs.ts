import type { BuildAppOptions } from "fauxqs";
import { digest, messageGroup } from "../../src/contract/identity.ts";
import { startSqs } from "../../tools/local/sqs.ts";
import { productIdOf, type WorkloadSpec, workload } from "../workloads.ts";
import { serve } from "./remote.ts";
import { now, TimedCounts } from "./timed-counts.ts";

/*
 * The embedded SQS as a process of its own, with what a bench needs of it and the API has not: a backlog that is
 * there at once, and a look at the results that costs no reader.
 */

type SqsStore = NonNullable<BuildAppOptions["stores"]>["sqsStore"];
type Queue = NonNullable<ReturnType<SqsStore["getQueue"]>>;

/** Messages that are ready at once at the most. fauxqs takes them off the front of an array, which beyond some
 * 16,000 elements V8 moves as a whole for each: tens of microseconds a message, and ours to pay for. */
const READY_MOST = 10_000;
const REFILL = 1_000;

const { SqsStore: Store } = await import(new URL("./sqs/sqsStore.js", import.meta.resolve("fauxqs")).href);
const queues = new Map<string, Queue>();
const createQueue = Store.prototype.createQueue as SqsStore["createQueue"];
Store.prototype.createQueue = function (this: SqsStore, ...args: Parameters<SqsStore["createQueue"]>) {
  const queue = createQueue.apply(this, args);
  queues.set(queue.name, queue);
  return queue;
};

let backlog: { queue: Queue; bodies: { body: string; product: string }[]; next: number } | undefined;

function refill(): void {
  if (!backlog) return;
  const { queue, bodies } = backlog;
  // A FIFO queue's messages are in an array for each group.
  const room = queue.isFifo() ? bodies.length : READY_MOST - queue.messages.length;
  if (backlog.next === bodies.length || (room < REFILL && backlog.next > 0)) return;
  const last = Math.min(bodies.length, backlog.next + room);
  for (; backlog.next < last; backlog.next++) {
    const { body, product } = bodies[backlog.next] as (typeof bodies)[number];
    if (queue.isFifo()) {
      const message = Store.createMessage(body, {}, undefined, messageGroup(product), digest(body));
      message.sequenceNumber = queue.nextSequenceNumber();
      queue.enqueue(message);
    } else queue.enqueue(Store.createMessage(body));
  }
}

const counts = new TimedCounts(refill);
const server = await startSqs(0, counts);

function queueOf(url: string): Queue {
  const queue = queues.get(url.split("/").at(-1) ?? "");
  if (!queue) throw new Error(`no queue ${url}`);
  return queue;
}

function ready(queue: Queue): number {
  return Number(queue.getAttribute("ApproximateNumberOfMessages"));
}

const functions = {
  endpoint: () => server.endpoint,
  calls: (app: string) => Object.fromEntries(counts.of(app)),
  wakeReceives: () => server.wakeReceives(),

  /**
   * Puts a workload into a queue, in one go: whoever receives gets full batches from the first.
   * @returns when it was there, epoch ms
   */
  load(url: string, spec: WorkloadSpec): number {
    const bodies = workload(spec).requests.map((request) => ({
      body: JSON.stringify(request),
      product: productIdOf(request),
    }));
    backlog = { queue: queueOf(url), bodies, next: 0 };
    const began = now();
    refill();
    return began;
  },

  /** How many requests are not deleted yet, and how many results have come, since when. */
  progress(requestsUrl: string, resultsUrl: string): { left: number; results: number; lastSend: number } {
    const queue = queueOf(requestsUrl);
    const toCome = backlog?.queue === queue ? backlog.bodies.length - backlog.next : 0;
    const left = toCome + ready(queue) + queue.inflightMessages.size;
    return { left, results: ready(queueOf(resultsUrl)), lastSend: counts.lastSend };
  },

  /** The results in a queue: of how many requests, and how many said what. */
  results(url: string): { count: number; distinct: number; outcomes: Record<string, number> } {
    const { ready } = queueOf(url).inspectMessages();
    const distinct = new Set<string>();
    const outcomes: Record<string, number> = {};
    for (const { body } of ready) {
      const { causationid, data } = JSON.parse(body);
      distinct.add(causationid);
      const outcome = data.status === "ok" ? "ok" : String(data.error?.code);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    return { count: ready.length, distinct: distinct.size, outcomes };
  },

  /** Frees what a run has left. */
  forget(urls: string[]): void {
    backlog = undefined;
    for (const url of urls) {
      queueOf(url).purge();
      queues.delete(url.split("/").at(-1) ?? "");
    }
  },
};
export type SqsFunctions = typeof functions;
serve(functions);
