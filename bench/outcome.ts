import type { Latency } from "./latency/latency.ts";
import type { Machine } from "./machine.ts";
import type { Quiet } from "./quiet.ts";
import { median, medianRatio } from "./statistics.ts";
import type { SubjectName } from "./subjects.ts";
import type { Throughput } from "./throughput.ts";
import type { WorkloadName } from "./workloads.ts";

/** All that one bench found: what is written to bench/results/. */
export interface Outcome {
  /** ISO 8601. */
  date: string;
  machine: Machine;
  options: { messages: number; rounds: number; seed: number; quick: boolean; fifo: boolean };
  throughput: Throughput[];
  latency: Latency[];
  quiet: Quiet[];
}

type Figure = "messagesPerSecond" | "cpuMsPerThousand" | "callsPerMessage" | "peakRssMb";

export function runsOf(outcome: Outcome, subject: SubjectName, workload: WorkloadName): Throughput[] {
  return outcome.throughput.filter((run) => run.subject === subject && run.workload === workload);
}

/** The median over the rounds, or undefined where it was not measured. */
export function figure(
  outcome: Outcome,
  subject: SubjectName,
  workload: WorkloadName,
  which: Figure,
): number | undefined {
  const runs = runsOf(outcome, subject, workload);
  return runs.length === 0 ? undefined : median(runs.map((run) => run[which]));
}

/** The median of the rounds' ratios of one subject to another, over the rounds that have both. */
export function ratio(
  outcome: Outcome,
  [one, other]: readonly [SubjectName, SubjectName],
  workload: WorkloadName,
  which: Figure,
): number | undefined {
  const others = new Map(runsOf(outcome, other, workload).map((run) => [run.round, run[which]]));
  return ratioOf(runsOf(outcome, one, workload).map((run) => [run[which], others.get(run.round)]));
}

/** The same for a latency: `p50` or `p99` at a rate. */
export function latencyRatio(
  outcome: Outcome,
  [one, other]: readonly [SubjectName, SubjectName],
  rate: number,
  which: "p50" | "p99",
): number | undefined {
  const at = (subject: SubjectName) =>
    outcome.latency.filter((run) => run.subject === subject && run.rate === rate);
  const others = new Map(at(other).map((run) => [run.round, run[which]]));
  return ratioOf(at(one).map((run) => [run[which], others.get(run.round)]));
}

function ratioOf(pairs: [number, number | undefined][]): number | undefined {
  const whole = pairs.filter((pair): pair is [number, number] => pair[1] !== undefined);
  return whole.length === 0 ? undefined : medianRatio(whole);
}
