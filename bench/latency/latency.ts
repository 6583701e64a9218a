import { startRemote } from "../backends/remote.ts";
import { cpuMs } from "../measure.ts";
import type { Rig } from "../rig.ts";
import { kill, startReceiving } from "../running.ts";
import { percentile } from "../statistics.ts";
import type { SubjectName } from "../subjects.ts";
import { Incomplete } from "../throughput.ts";
import type { WorkloadSpec } from "../workloads.ts";
import type { SenderFunctions } from "./sender.ts";

/** From when a request was due until its result was read, ms. */
export interface Latency {
  subject: SubjectName;
  round: number;
  /** Requests a second. */
  rate: number;
  requests: number;
  p50: number;
  p99: number;
  most: number;
  /** What an answer that quick costs, warm-up included: there is less to batch than in a backlog. */
  cpuMsPerThousand: number;
  callsPerMessage: number;
}

export interface LatencyOptions {
  rate: number;
  warmUpSeconds: number;
  seconds: number;
  seed: number;
  patienceMs: number;
}

/** @throws Incomplete */
export async function measureLatency(
  rig: Rig,
  subject: SubjectName,
  round: number,
  { rate, warmUpSeconds, seconds, seed, patienceMs }: LatencyOptions,
): Promise<Latency> {
  const place = await rig.open(false);
  const sender = startRemote<SenderFunctions>(new URL("./sender.ts", import.meta.url));
  const warmUp = Math.round(rate * warmUpSeconds);
  const messages = warmUp + Math.round(rate * seconds);
  const spec: WorkloadSpec = { name: "mixed", messages, seed, startTime: Date.now() - 60_000 };
  try {
    await rig.dynamo.preload(place.table, spec);
    const running = await startReceiving(rig, subject, place.environment);
    try {
      const { requests: requestsUrl, results: resultsUrl } = place.queues;
      const endpoint = await rig.sqs.endpoint();
      const stream = { endpoint, requestsUrl, resultsUrl, spec, rate, warmUp, patienceMs };
      const [callsBefore, cpuBefore] = [total(await rig.calls(subject)), await cpuMs(running.pid)];
      const times = await sender.remote.stream(stream);
      const cpu = (await cpuMs(running.pid)) - cpuBefore;
      const calls = total(await rig.calls(subject)) - callsBefore;
      const [p50, p99, most] = [percentile(times, 0.5), percentile(times, 0.99), Math.max(...times)];
      const cost = { cpuMsPerThousand: (cpu / messages) * 1000, callsPerMessage: calls / messages };
      return { subject, round, rate, requests: times.length, p50, p99, most, ...cost };
    } catch (error) {
      const said = running.lastLines().join("\n") || "nothing";
      const message = `${subject} at ${rate}/s: ${(error as Error).message}\nIt last wrote:\n${said}`;
      throw new Incomplete(message, { cause: error });
    } finally {
      await kill(running);
    }
  } finally {
    sender.end();
    await place.close();
  }
}

function total(calls: Map<string, number>): number {
  return [...calls.values()].reduce((sum, count) => sum + count, 0);
}
