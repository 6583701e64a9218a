import type { Outcome } from "../../bench/outcome.ts";
import type { SubjectName } from "../../bench/subjects.ts";
import type { Throughput } from "../../bench/throughput.ts";
import type { WorkloadName } from "../../bench/workloads.ts";

/** One run as a bench could have found it. */
export function run(
  subject: SubjectName,
  workload: WorkloadName,
  round: number,
  figures: Partial<Throughput>,
): Throughput {
  return {
    subject,
    workload,
    round,
    messages: 1_000,
    ms: 1_000,
    messagesPerSecond: 1_000,
    cpuMs: 1_000,
    cpuMsPerThousand: 1_000,
    calls: { UpdateItem: 1, SendMessageBatch: 0.1 },
    callsPerMessage: 1.1,
    peakRssMb: 150,
    outcomes: { ok: 1_000 },
    ...figures,
  };
}

export function outcomeOf(parts: Partial<Outcome>): Outcome {
  return {
    date: "2026-01-01T00:00:00.000Z",
    machine: { cpu: "A CPU", cores: 2, memoryGb: 8, os: "Linux", versions: { node: "24.0.0" } },
    options: { messages: 1_000, rounds: 2, seed: 1, quick: false, fifo: false },
    throughput: [],
    latency: [],
    quiet: [],
    ...parts,
  };
}
