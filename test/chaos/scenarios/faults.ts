import { exchange } from "../../../tools/demo/exchange.ts";
import type { Sent } from "../../../tools/demo/traffic.ts";
import { TABLE } from "../../../tools/local/backends.ts";
import { tableItems } from "../../../tools/local/look.ts";
import { seeded } from "../../../tools/random.ts";
import type { Cluster } from "../cluster.ts";
import { deliveredTwice, everyNthUnseen, someFail, type Way, ways } from "../faults.ts";
import {
  asTheModel,
  type Outcome,
  ordered,
  QUIET_MS,
  type Run,
  type Scenario,
  showing,
  withCluster,
} from "../scenario.ts";
import { unorderedDifferences, unorderedTraffic } from "../unordered.ts";

async function fitsTogether(cluster: Cluster, messages: Sent[], run: Run): Promise<Outcome> {
  const came = await exchange(cluster.backends, messages, showing(run, messages.length), QUIET_MS);
  const figures = `${messages.length} messages in ${(came.ms / 1000).toFixed(1)} s, ${came.results.length} results, highest receive count ${cluster.highestReceiveCount()}`;
  return {
    failures: unorderedDifferences(messages, came, await tableItems(cluster.backends.dynamo, TABLE)),
    figures,
  };
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

export const faults: Scenario[] = [true, false].map((fifo) => ({
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

export const eachWay: Scenario = {
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

export const unseen: Scenario = {
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
