import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { paginateScan } from "@aws-sdk/lib-dynamodb";
import { dynamoClient } from "../../src/aws/clients.ts";
import { digest } from "../../src/contract/identity.ts";
import type { Item } from "../../src/products/item.ts";
import { differences } from "../../tools/demo/check.ts";
import { type Exchange, exchange } from "../../tools/demo/exchange.ts";
import { madeUpTraffic, type Sent } from "../../tools/demo/traffic.ts";
import { TABLE } from "../../tools/local/backends.ts";
import type { Faults } from "../support/proxy.ts";
import { until } from "../support/wait.ts";
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";
import { deliveredTwice, everyNthUnseen, someFail, type Way, ways } from "./faults.ts";
import { seeded } from "./random.ts";
import { startStream } from "./stream.ts";
import { unorderedDifferences, unorderedTraffic } from "./unordered.ts";

/** What a scenario found out. */
interface Outcome {
  /** What must hold and does not: a line each. */
  failures: string[];
  /** What was measured, for the reader. */
  figures: string;
}

export interface Scenario {
  name: string;
  attack: string;
  run(options: { seed: number; quick: boolean; progress: (text: string) => void }): Promise<Outcome>;
}

type Run = Parameters<Scenario["run"]>[0];
const QUIET_MS = 90_000;

async function withCluster<T>(options: ClusterOptions, run: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await startCluster(options);
  try {
    return await run(cluster);
  } finally {
    await cluster.close();
  }
}

function ordered(seed: number, requests: number, products: number) {
  return madeUpTraffic({ seed, requests, products, now: Date.now() });
}

const showing =
  ({ progress }: Run, of: number) =>
  (done: number) =>
    progress(`${done} of ${of} come back`);

/** All must be as the model has it, whatever was redelivered. */
async function asTheModel(
  cluster: Cluster,
  traffic: ReturnType<typeof ordered>,
  run: Run,
): Promise<Outcome & { exchange: Exchange }> {
  const { messages } = traffic;
  const came = await exchange(cluster.backends, messages, showing(run, messages.length), QUIET_MS);
  cluster.sqs.faults = () => undefined;
  cluster.dynamo.faults = () => undefined;
  await until(
    "the requests queue to hold nothing invisible",
    async () => (await cluster.invisible()) === 0,
    30_000,
  ).catch(() => {});
  const failures = await differences(cluster.backends, traffic, came, true);
  const figures = `${messages.length} messages in ${(came.ms / 1000).toFixed(1)} s, highest receive count ${cluster.highestReceiveCount()}`;
  return { failures, figures, exchange: came };
}

async function items(cluster: Cluster): Promise<Item[]> {
  const client = dynamoClient({ settings: cluster.backends.dynamo });
  const all: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName: TABLE, ConsistentRead: true })) {
    all.push(...((page.Items ?? []) as Item[]));
  }
  client.destroy();
  return all;
}

async function fitsTogether(cluster: Cluster, messages: Sent[], run: Run): Promise<Outcome> {
  const came = await exchange(cluster.backends, messages, showing(run, messages.length), QUIET_MS);
  const figures = `${messages.length} messages in ${(came.ms / 1000).toFixed(1)} s, ${came.results.length} results, highest receive count ${cluster.highestReceiveCount()}`;
  return { failures: unorderedDifferences(messages, came, await items(cluster)), figures };
}

const kills: Scenario = {
  name: "kill",
  attack: "a random worker of three gets SIGKILL, again and again, and is started anew",
  async run(run) {
    const [count, times] = run.quick ? [600, 4] : [5_000, 20];
    const random = seeded(run.seed);
    // A kill costs what the worker had in hand a delivery: SQS would move a message that is unlucky five times.
    return withCluster({ workers: 3, visibilityTimeout: 5, maxReceiveCount: 20 }, async (cluster) => {
      const traffic = ordered(run.seed, count, count / 5);
      let killed = 0;
      const over = new AbortController();
      const killing = (async () => {
        while (!over.signal.aborted && killed < times) {
          await delay(300 + random() * 500, undefined, { signal: over.signal }).catch(() => {});
          const place = Math.floor(random() * 3);
          cluster.workers[place]?.signal("SIGKILL");
          killed += 1;
          await cluster.restart(place);
        }
      })();
      const outcome = await asTheModel(cluster, traffic, run);
      over.abort();
      await killing;
      if (killed < times)
        outcome.failures.push(`only ${killed} of ${times} kills happened before all was done`);
      return { ...outcome, figures: `${outcome.figures}, ${killed} kills` };
    });
  },
};

interface Outage {
  what: string;
  dependency: RegExp;
  cut: (cluster: Cluster) => void;
}

const cutDynamo = (faults: Faults) => (cluster: Cluster) => {
  cluster.dynamo.faults = faults;
};
const outagesOf: Outage[] = [
  { what: "DynamoDB refuses connections", dependency: /table/, cut: cutDynamo(() => ({ kind: "refuse" })) },
  {
    what: "DynamoDB says KMS key disabled",
    dependency: /table/,
    cut: cutDynamo(() => ({
      kind: "error",
      type: "ValidationException",
      message: "KMS key disabled error: arn:aws:kms:us-east-1:1:key/2 is disabled",
    })),
  },
  {
    what: "the results queue says KMS.DisabledException",
    dependency: /results/,
    cut: (cluster) => {
      cluster.sqs.faults = ({ operation, body }) =>
        operation === "SendMessageBatch" && String(body.QueueUrl).includes("results")
          ? { kind: "error", type: "KMS.DisabledException" }
          : undefined;
    },
  },
];

const outages: Scenario = {
  name: "outage",
  attack: "DynamoDB, its key, and the results queue's key fail one after another, with requests in the queue",
  async run(run) {
    const [count, ms] = run.quick ? [150, 5_000] : [1_000, 60_000];
    const failures: string[] = [];
    const figures: string[] = [];
    for (const [index, outage] of outagesOf.entries()) {
      run.progress(outage.what);
      const pollers = 4;
      await withCluster(
        { workers: 1, visibilityTimeout: run.quick ? 2 : 20, environment: { MAX_POLLERS: `${pollers}` } },
        async (cluster) => {
          const traffic = ordered(run.seed + index, count, count / 4);
          outage.cut(cluster);
          let begun = 0;
          let receivesBefore = 0;
          let backAt = 0;
          const ending = (async () => {
            // An outage begins to show with the first call that fails.
            await until("the gate to close", () => closed(cluster, outage));
            receivesBefore = cluster.receives();
            await delay(ms);
            begun = cluster.receives() - receivesBefore;
            cluster.sqs.faults = () => undefined;
            cluster.dynamo.faults = () => undefined;
            backAt = Date.now();
          })();
          const outcome = await exchange(
            cluster.backends,
            traffic.messages,
            showing(run, count),
            ms + QUIET_MS,
          );
          await ending;
          failures.push(...(await differences(cluster.backends, traffic, outcome, true)));
          const opened = cluster.log.find(
            ({ msg, dependency, time }) =>
              msg === "available again" &&
              outage.dependency.test(String(dependency)) &&
              Date.parse(String(time)) >= backAt,
          );
          const recovery = opened ? Date.parse(String(opened.time)) - backAt : Number.POSITIVE_INFINITY;
          if (begun > pollers) failures.push(`${outage.what}: ${begun} receives were begun during it`);
          if (recovery > 31_000) failures.push(`${outage.what}: it took ${recovery} ms to notice its end`);
          if (cluster.highestReceiveCount() > 1) {
            failures.push(
              `${outage.what}: it cost a delivery: receive count ${cluster.highestReceiveCount()}`,
            );
          }
          figures.push(
            `${outage.what} for ${ms / 1000} s: ${begun} receives begun, noticed its end after ${recovery} ms, highest receive count ${cluster.highestReceiveCount()}`,
          );
        },
      );
    }
    return { failures, figures: figures.join("; ") };
  },
};

function closed({ log }: Cluster, { dependency }: Outage): boolean {
  return log.some(
    ({ msg, dependency: name }) => String(msg).startsWith("unavailable") && dependency.test(String(name)),
  );
}

function faultRun(run: Run, among: readonly Way[], count: number, fifo: boolean): Promise<Outcome> {
  const random = seeded(run.seed);
  // A lost answer to a receive counts as a delivery: SQS would move a message that is unlucky too often.
  const options = { workers: 3, visibilityTimeout: 3, maxReceiveCount: 20, fifo };
  return withCluster(options, async (cluster) => {
    cluster.sqs.faults = someFail(0.1, among, "sqs", random);
    cluster.dynamo.faults = someFail(0.1, among, "dynamo", random);
    if (fifo) return asTheModel(cluster, ordered(run.seed, count, count / 5), run);
    const looking = cluster.sqs.rewrite;
    const twice = deliveredTwice(0.1, random);
    cluster.sqs.rewrite = (call, answer) => looking(call, answer) ?? twice(call, answer);
    return fitsTogether(cluster, unorderedTraffic(random, count, count / 5), run);
  });
}

const faults: Scenario[] = [true, false].map((fifo) => ({
  name: fifo ? "faults-fifo" : "faults-standard",
  attack: `10 % of all calls fail, in every way, on ${fifo ? "FIFO queues" : "standard queues that deliver twice and out of order"}`,
  run: (run) =>
    faultRun(
      run,
      run.quick ? ways.filter((way) => way !== "hang" && way !== "stall") : ways,
      run.quick ? 300 : 5_000,
      fifo,
    ),
}));

const eachWay: Scenario = {
  name: "each-way",
  attack: "10 % of all calls fail in one way at a time, on FIFO queues and on standard ones",
  async run(run) {
    const failures: string[] = [];
    const figures: string[] = [];
    const count = run.quick ? 60 : 500;
    for (const way of run.quick ? (["reset-after", "fail-entries"] as const) : ways) {
      for (const fifo of [true, false]) {
        const named = `${way} ${fifo ? "FIFO" : "standard"}`;
        const outcome = await faultRun(
          { ...run, progress: (text) => run.progress(`${named}: ${text}`) },
          [way],
          count,
          fifo,
        );
        failures.push(...outcome.failures.map((failure) => `${named}: ${failure}`));
        figures.push(`${named}: ${outcome.figures}`);
      }
    }
    return { failures, figures: figures.join("; ") };
  },
};

const unseen: Scenario = {
  name: "unseen",
  attack:
    "every tenth UpdateItem, SendMessageBatch and DeleteMessageBatch takes effect and its answer is lost",
  run: (run) =>
    withCluster({ workers: 1, visibilityTimeout: 5 }, async (cluster) => {
      const operations = ["UpdateItem", "SendMessageBatch", "DeleteMessageBatch"];
      cluster.sqs.faults = everyNthUnseen(operations, 10);
      cluster.dynamo.faults = everyNthUnseen(operations, 10);
      const count = run.quick ? 300 : 2_000;
      return asTheModel(cluster, ordered(run.seed, count, count / 5), run);
    }),
};

const slow: Scenario = {
  name: "slow",
  attack: "every write takes longer than the visibility timeout, with a second worker waiting for work",
  run: (run) =>
    withCluster({ workers: 2, visibilityTimeout: 2 }, async (cluster) => {
      const writes = new Map<string, number>();
      cluster.dynamo.faults = ({ operation, body }) => {
        if (operation !== "UpdateItem") return undefined;
        const id = JSON.stringify((body.ExpressionAttributeValues as Record<string, unknown>)[":writeId"]);
        writes.set(id, (writes.get(id) ?? 0) + 1);
        return { kind: "delay", ms: 6_000 };
      };
      const messages = Array.from({ length: 40 }, (_, n): Sent => {
        const product = { id: `product-${n}`, name: "Slow", price: n };
        const body = JSON.stringify({
          specversion: "1.0",
          id: `slow-${n}`,
          source: "/demo",
          type: "product.put",
          data: { product },
        });
        const expected = { status: "ok", outcome: "created", product: { ...product, version: 1 } };
        return {
          body,
          productId: product.id,
          fate: { kind: "answered", requestId: `slow-${n}`, type: "product.put", expected },
        };
      });
      const products = new Map(
        messages.map(({ productId }, n) => [
          productId,
          { id: productId, name: "Slow", price: n, version: 1 },
        ]),
      );
      const outcome = await asTheModel(cluster, { messages, products }, run);
      const most = Math.max(...writes.values());
      if (most > 1) outcome.failures.push(`a request was written ${most} times`);
      if (cluster.highestReceiveCount() > 1)
        outcome.failures.push(`a message was received ${cluster.highestReceiveCount()} times`);
      return outcome;
    }),
};

/** Puts that the table refuses with an error nobody knows, among others. */
const poison: Scenario = {
  name: "poison",
  attack: "20 requests always throw in the handler; later all dead letters are redriven after newer writes",
  run: (run) =>
    withCluster({ workers: 1 }, async (cluster) => {
      const count = run.quick ? 200 : 1_000;
      const failures: string[] = [];
      const bad = Array.from({ length: 20 }, (_, n) => `poison-${n}`);
      const make = (id: string, requestId: string, price: number, time?: number): Sent => ({
        body: JSON.stringify({
          specversion: "1.0",
          id: requestId,
          source: "/demo",
          type: "product.put",
          ...(time !== undefined && { time: new Date(time).toISOString() }),
          data: { product: { id, name: "P", price } },
        }),
        productId: id,
        fate: { kind: "answered", requestId, type: "product.put", expected: { status: "any" } },
      });
      cluster.dynamo.faults = ({ text }) =>
        text.includes("poison-") ? { kind: "error", type: "SomethingNew" } : undefined;
      const good = Array.from({ length: count - bad.length }, (_, n) => make(`good-${n}`, `good-${n}`, 1));
      // Every other one has no time of its own: a redrive must not make it newer.
      const poisoned = bad.map((id, n) => make(id, id, 1, n % 2 === 0 ? Date.now() - 60_000 : undefined));
      const messages = [...good.slice(0, 90), ...poisoned, ...good.slice(90)];
      // Each poisoned request comes back twice: as a result and as a dead letter.
      const waited = [...messages, ...poisoned];
      const first = await exchangeOf(cluster, messages, waited.length, run);
      const codes = Map.groupBy(first.results, ({ result }) =>
        result.data.status === "failed" ? result.data.error.code : "ok",
      );
      if (codes.get("GAVE_UP")?.length !== 20)
        failures.push(`${codes.get("GAVE_UP")?.length ?? 0} answered GAVE_UP, expected 20`);
      if (codes.get("ok")?.length !== good.length)
        failures.push(`${codes.get("ok")?.length} answered ok, expected ${good.length}`);
      const reasons = first.deadLetters.map(
        ({ MessageAttributes }) => MessageAttributes?.RejectedReason?.StringValue,
      );
      if (reasons.length !== 20 || reasons.some((reason) => reason !== "GAVE_UP"))
        failures.push(`dead letters: ${reasons.join(", ")}`);

      cluster.dynamo.faults = () => undefined;
      const newer = bad.map((id) => make(id, `newer-${id}`, 2));
      const second = await exchangeOf(cluster, newer, newer.length, run);
      if (second.results.some(({ result }) => result.data.status !== "ok"))
        failures.push("a newer write was not applied");
      await redrive(cluster, first.deadLetters);
      const third = await exchangeOf(cluster, [], bad.length, run);
      const answers = third.results.map(({ result }) =>
        result.data.status === "failed" ? result.data.error.code : result.data.outcome,
      );
      if (answers.length !== 20 || answers.some((answer) => answer !== "SUPERSEDED"))
        failures.push(`redriven: ${answers.join(", ")}`);
      const left = (await items(cluster)).filter(({ id, price }) => id.startsWith("poison-") && price !== 2);
      if (left.length > 0) failures.push(`${left.length} older products came back`);
      return {
        failures,
        figures: `${count} requests: 20 gave up, ${good.length} ok in ${(first.ms / 1000).toFixed(1)} s; ${answers.length} redriven, all ${[...new Set(answers)].join(", ")}`,
      };
    }),
};

function exchangeOf(cluster: Cluster, messages: Sent[], wanted: number, run: Run): Promise<Exchange> {
  return exchange(cluster.backends, messages, showing(run, wanted), QUIET_MS, wanted);
}

/** As SQS's own redrive: a new message id and a new sent time, with the message's attributes. */
async function redrive(cluster: Cluster, deadLetters: Exchange["deadLetters"]): Promise<void> {
  const client = new SQSClient(cluster.backends.sqs);
  for (const [n, { Body, MessageAttributes }] of deadLetters.entries()) {
    const entry = {
      Id: "0",
      MessageBody: Body,
      MessageAttributes,
      MessageGroupId: `redriven-${n}`,
      MessageDeduplicationId: digest("redriven", String(n)),
    };
    await client.send(
      new SendMessageBatchCommand({ QueueUrl: cluster.backends.queues.requests, Entries: [entry] }),
    );
  }
  client.destroy();
}

const stops: Scenario = {
  name: "stop",
  attack: "SIGTERM under load, again and again",
  run: (run) =>
    withCluster({ workers: 1, visibilityTimeout: 60 }, async (cluster) => {
      const [count, times] = run.quick ? [1_000, 3] : [8_000, 20];
      const random = seeded(run.seed);
      const traffic = ordered(run.seed, count, count / 4);
      const failures: string[] = [];
      const took: number[] = [];
      const over = new AbortController();
      const stopping = (async () => {
        while (!over.signal.aborted && took.length < times) {
          await delay(200 + random() * 400, undefined, { signal: over.signal }).catch(() => {});
          const [worker] = cluster.workers;
          const from = Date.now();
          worker?.signal("SIGTERM");
          const code = await worker?.ended;
          took.push(Date.now() - from);
          if (code !== 0) failures.push(`a worker ended with ${code}`);
          const left = await cluster.invisible();
          if (left > 0) failures.push(`${left} messages were left invisible`);
          await cluster.restart(0);
        }
      })();
      const outcome = await asTheModel(cluster, traffic, run);
      over.abort();
      await stopping;
      if (took.length < times)
        failures.push(`only ${took.length} of ${times} stops happened before all was done`);
      const longest = Math.max(...took);
      if (longest > 25_000) failures.push(`a stop took ${longest} ms`);
      return {
        failures: [...failures, ...outcome.failures],
        figures: `${outcome.figures}, ${took.length} stops, the longest ${longest} ms`,
      };
    }),
};

/** Of the throughput before, on a machine that is never quite the same. */
const RECOVERED = 0.7;

const throttling: Scenario = {
  name: "throttle",
  attack: "half of all calls are throttled for a while",
  run: (run) =>
    withCluster({ workers: 1 }, async (cluster) => {
      const [calm, ms] = run.quick ? [4_000, 5_000] : [10_000, 30_000];
      const random = seeded(run.seed);
      let over = false;
      const stream = startStream(cluster.backends, 1_000, Number.POSITIVE_INFINITY, () => over);
      const counted = async (during: number, what: string) => {
        const before = stream.come;
        const from = Date.now();
        while (Date.now() - from < during) {
          await delay(250);
          run.progress(`${what}: ${stream.come} have come back`);
        }
        return Math.round(((stream.come - before) / (Date.now() - from)) * 1_000);
      };
      await counted(2_000, "warming up");
      const before = await counted(calm, "before");
      cluster.sqs.faults = someFail(0.5, ["throttle"], "sqs", random);
      cluster.dynamo.faults = someFail(0.5, ["throttle"], "dynamo", random);
      const during = await counted(ms, "throttled");
      cluster.sqs.faults = () => undefined;
      cluster.dynamo.faults = () => undefined;
      const limits = cluster.log
        .filter(({ msg }) => msg === "throttled")
        .map(({ inFlight }) => Number(inFlight));
      const ended = Date.now();
      let after = 0;
      do after = await counted(calm, "recovering");
      while (after < before * RECOVERED && Date.now() - ended < 60_000);
      const recovery = Math.round((Date.now() - ended) / 1_000);
      over = true;
      await stream.ended;
      const failures: string[] = [];
      if (stream.failed > 0) failures.push(`${stream.failed} results were errors`);
      if (stream.come < stream.sent)
        failures.push(`${stream.sent - stream.come} of ${stream.sent} were not answered`);
      if (after < before * RECOVERED) failures.push(`${after} requests/s after, ${before} before`);
      return {
        failures,
        figures: `${before} requests/s before, ${during} during ${ms / 1000} s, ${after} within ${recovery} s after; in flight down to ${Math.min(...limits)}; ${stream.come} answered`,
      };
    }),
};

const memory: Scenario = {
  name: "memory",
  attack: "a great many small requests, each of a group of its own, through one worker",
  run: (run) =>
    withCluster({ workers: 1 }, async (cluster) => {
      const total = run.quick ? 5_000 : 200_000;
      const stream = startStream(cluster.backends, 2_000, total);
      const samples: { come: number; bytes: number }[] = [];
      const pid = cluster.workers[0]?.pid ?? 0;
      let over = false;
      void stream.ended.finally(() => {
        over = true;
      });
      while (!over) {
        samples.push({ come: stream.come, bytes: await residentBytes(pid) });
        run.progress(`${stream.come} of ${total} come back, ${megabytes(samples.at(-1)?.bytes ?? 0)} MB`);
        await delay(total / 800);
      }
      const quarter = (n: number) =>
        median(
          samples
            .filter(({ come }) => come > (total / 4) * (n - 1) && come <= (total / 4) * n)
            .map(({ bytes }) => bytes),
        );
      const [second, fourth] = [quarter(2), quarter(4)];
      const failures: string[] = [];
      if (stream.come < total || stream.failed > 0)
        failures.push(`${stream.come} of ${total} came, ${stream.failed} failed`);
      // Too few for a judgement on memory when quick: then only that it all came.
      if (!run.quick && fourth > second * 1.1) failures.push("memory grew");
      const peak = Math.max(...samples.map(({ bytes }) => bytes));
      return {
        failures,
        figures: `${total} requests; resident: ${megabytes(second)} MB in the second quarter, ${megabytes(fourth)} MB in the last, ${megabytes(peak)} MB at most`,
      };
    }),
};

const megabytes = (bytes: number) => Math.round(bytes / 1_048_576);

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout.trim()) * 1024;
}

export const scenarios: Scenario[] = [
  kills,
  outages,
  ...faults,
  eachWay,
  unseen,
  slow,
  poison,
  stops,
  throttling,
  memory,
];
