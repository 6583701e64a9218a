import { type Latency, measureLatency } from "./latency/latency.ts";
import { machine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { progress, type Step } from "./progress.ts";
import { measureQuiet } from "./quiet.ts";
import { type Rig, startRig } from "./rig.ts";
import { peers, type SubjectName } from "./subjects.ts";
import { RATES } from "./targets.ts";
import { measureThroughput, type RunOptions, type Throughput } from "./throughput.ts";
import type { WorkloadSpec } from "./workloads.ts";

const WARM_UP_MESSAGES = 300;
const HOUR_MS = 60 * 60 * 1000;
/** Of a latency run: how long it warms up, and how long it is counted: at 20/s long enough for a p99 of more than five. */
const SECONDS = {
  full: { warmUp: 3, counted: { 20: 60, 200: 15 } },
  quick: { warmUp: 1, counted: { 20: 3, 200: 3 } },
};
const QUIET_SECONDS = { full: 61, quick: 20.5 };
const PATIENCE_MS = 30_000;

/**
 * Measures what the options choose: subjects take turns, in another order each round.
 * @throws Incomplete
 */
export async function bench(options: Options): Promise<Outcome> {
  const { messages, rounds, seed, quick, fifo } = options;
  const latencySubjects = latencyOf(options);
  const steps =
    options.workloads.length * options.subjects.length * rounds +
    (options.latency ? latencySubjects.length * RATES.length * rounds : 0) +
    (options.quiet ? 1 : 0);
  const step = progress(steps);
  const outcome: Outcome = {
    date: new Date().toISOString(),
    machine: machine(),
    options: { messages, rounds, seed, quick, fifo },
    throughput: [],
    latency: [],
    quiet: [],
  };
  const rig = await startRig();
  try {
    if (options.workloads.length > 0) await warmUp(rig, fifo);
    for (let round = 1; round <= rounds; round++) {
      for (const name of options.workloads) {
        for (const subject of rotated(options.subjects, round)) {
          const under = step(`round ${round}  ${name}  ${subject}`, messages);
          // An hour ago: a request's `time` may not lie ahead of its being sent.
          const spec = { name, messages, seed, startTime: Date.now() - HOUR_MS };
          outcome.throughput.push(await throughput(rig, subject, spec, round, fifo, under));
        }
      }
      if (!options.latency) continue;
      for (const rate of RATES) {
        for (const subject of rotated(latencySubjects, round)) {
          outcome.latency.push(await latency(rig, subject, round, rate, options, step));
        }
      }
    }
    if (options.quiet) {
      const seconds = quick ? QUIET_SECONDS.quick : QUIET_SECONDS.full;
      const under = step(`a quiet queue, ${seconds} s`, seconds);
      outcome.quiet = await measureQuiet(rig, options.subjects, seconds);
      under.end(`a quiet queue, ${seconds} s`);
    }
  } finally {
    rig.close();
  }
  return outcome;
}

/** A quick run leaves out who is in no target of latency. */
function latencyOf({ subjects, quick }: Options): SubjectName[] {
  return subjects.filter(
    (subject) =>
      subject === "product-worker" || (peers.includes(subject) && !(quick && subject === "squiss")),
  );
}

async function throughput(
  rig: Rig,
  subject: SubjectName,
  spec: WorkloadSpec,
  round: number,
  fifo: boolean,
  under: Step,
): Promise<Throughput> {
  const options: RunOptions = { fifo, patienceMs: PATIENCE_MS, progress: (done) => under.update(done) };
  const run = await measureThroughput(rig, subject, spec, round, options);
  under.end(
    `round ${round}  ${spec.name.padEnd(5)}  ${subject.padEnd(14)}  ${run.messagesPerSecond.toFixed(0).padStart(5)}/s  ` +
      `${run.cpuMsPerThousand.toFixed(0).padStart(5)} ms CPU/1,000  ${run.callsPerMessage.toFixed(2)} calls  ` +
      `${run.peakRssMb.toFixed(0)} MB`,
  );
  return run;
}

async function latency(
  rig: Rig,
  subject: SubjectName,
  round: number,
  rate: (typeof RATES)[number],
  { quick, seed }: Options,
  step: ReturnType<typeof progress>,
): Promise<Latency> {
  const { warmUp: warmUpSeconds, counted } = quick ? SECONDS.quick : SECONDS.full;
  const seconds = counted[rate];
  const under = step(`round ${round}  ${rate}/s for ${warmUpSeconds + seconds} s  ${subject}`, 1);
  const run = await measureLatency(rig, subject, round, {
    rate,
    warmUpSeconds,
    seconds,
    seed,
    patienceMs: PATIENCE_MS,
  });
  under.end(
    `round ${round}  ${String(rate).padStart(3)}/s  ${subject.padEnd(14)}  p50 ${run.p50.toFixed(1)} ms, p99 ${run.p99.toFixed(1)} ms`,
  );
  return run;
}

/** The backends' own code is compiled before anything counts. */
async function warmUp(rig: Rig, fifo: boolean): Promise<void> {
  const spec = {
    name: "mixed" as const,
    messages: WARM_UP_MESSAGES,
    seed: 1,
    startTime: Date.now() - HOUR_MS,
  };
  const options = { fifo, patienceMs: PATIENCE_MS, progress: () => {} };
  for (const subject of ["floor", "handwritten-10"] as const) {
    await measureThroughput(rig, subject, spec, 0, options);
  }
}

/** Whoever is first in one round is last in the next. */
export function rotated<T>(all: readonly T[], round: number): T[] {
  const first = (round - 1) % Math.max(1, all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}
