import { setTimeout as delay } from "node:timers/promises";
import { differences } from "../../../tools/demo/check.ts";
import { exchange } from "../../../tools/demo/exchange.ts";
import type { Faults } from "../../support/proxy.ts";
import { until } from "../../support/wait.ts";
import type { Cluster } from "../cluster.ts";
import { ordered, QUIET_MS, type Scenario, showing, withCluster } from "../scenario.ts";

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

export const outages: Scenario = {
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
