import { differences } from "../../tools/demo/check.ts";
import { exchange } from "../../tools/demo/exchange.ts";
import { madeUpTraffic, type Traffic } from "../../tools/demo/traffic.ts";
import { until } from "../support/wait.ts";
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";

/** What a scenario found out. */
export interface Outcome {
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

export type Run = Parameters<Scenario["run"]>[0];
/** A silence after which a run is given up. */
export const QUIET_MS = 90_000;

export async function withCluster<T>(
  options: ClusterOptions,
  run: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = await startCluster(options);
  try {
    return await run(cluster);
  } finally {
    await cluster.close();
  }
}

export function ordered(seed: number, requests: number, products: number) {
  return madeUpTraffic({ seed, requests, products, now: Date.now() });
}

export const showing =
  ({ progress }: Run, of: number) =>
  (done: number) =>
    progress(`${done} of ${of} come back`);

/** All must be as the model has it, whatever was redelivered. */
export async function asTheModel(cluster: Cluster, traffic: Traffic, run: Run): Promise<Outcome> {
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
  return { failures, figures };
}
