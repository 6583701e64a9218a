import { setTimeout as delay } from "node:timers/promises";
import { cpuMs, peakRssMb } from "./measure.ts";
import type { Place, Rig } from "./rig.ts";
import { kill, startReceiving, stop } from "./running.ts";
import type { SubjectName, SubjectProcess } from "./subjects.ts";
import type { WorkloadName, WorkloadSpec } from "./workloads.ts";
import { workload } from "./workloads.ts";

/** What one subject did with one workload. */
export interface Throughput {
  subject: SubjectName;
  workload: WorkloadName;
  round: number;
  messages: number;
  /** From the backlog's being there to the last result's being sent. */
  ms: number;
  messagesPerSecond: number;
  /** Of the subject's process from the backlog's being there to the last delete, ms; its start is left out. */
  cpuMs: number;
  cpuMsPerThousand: number;
  /** AWS calls by operation, for each message, as the servers count them. */
  calls: Record<string, number>;
  callsPerMessage: number;
  /** Of the process's whole life. */
  peakRssMb: number;
  /** Results by outcome: `ok`, or the error's code. */
  outcomes: Record<string, number>;
}

export interface RunOptions {
  fifo: boolean;
  /** Told how many results have come. */
  progress: (results: number) => void;
  /** A run fails when nothing has moved for so long, ms. */
  patienceMs: number;
  nodeOptions?: string[];
  /** Called when the work is about to begin. */
  beginning?: () => void;
}

/** A run that did not do the whole job has no figures. */
export class Incomplete extends Error {
  override readonly name = "Incomplete";
}

const LOOK_EVERY_MS = 50;

/** @throws Incomplete */
export async function measureThroughput(
  rig: Rig,
  subject: SubjectName,
  spec: WorkloadSpec,
  round: number,
  options: RunOptions,
): Promise<Throughput> {
  const place = await rig.open(options.fifo);
  let running: SubjectProcess | undefined;
  try {
    await rig.dynamo.preload(place.table, spec);
    running = await startReceiving(rig, subject, place.environment, options.nodeOptions);
    const [callsBefore, cpuBefore] = [await rig.calls(subject), await cpuMs(running.pid)];
    options.beginning?.();
    const began = await rig.sqs.load(place.queues.requests, spec);
    const ended = await untilDone(rig, place, spec, options);
    const cpu = (await cpuMs(running.pid)) - cpuBefore;
    const rss = await peakRssMb(running.pid);
    const callsAfter = await rig.calls(subject);
    const outcomes = await checked(rig, place, spec);
    if (options.nodeOptions) await stop(rig, running);
    const ms = ended - began;
    const calls = perMessage(callsBefore, callsAfter, spec.messages);
    return {
      subject,
      workload: spec.name,
      round,
      messages: spec.messages,
      ms,
      messagesPerSecond: (spec.messages / ms) * 1000,
      cpuMs: cpu,
      cpuMsPerThousand: (cpu / spec.messages) * 1000,
      calls,
      callsPerMessage: Object.values(calls).reduce((sum, count) => sum + count, 0),
      peakRssMb: rss,
      outcomes,
    };
  } catch (error) {
    const said = running?.lastLines().join("\n") || "nothing";
    throw new Incomplete(`${subject}, ${spec.name}: ${(error as Error).message}\nIt last wrote:\n${said}`, {
      cause: error,
    });
  } finally {
    if (running) await kill(running);
    await place.close();
  }
}

/** @returns when the last result was sent, epoch ms */
async function untilDone(rig: Rig, place: Place, spec: WorkloadSpec, options: RunOptions): Promise<number> {
  let seen = "";
  let moved = Date.now();
  for (;;) {
    const { left, results, lastSend } = await rig.sqs.progress(place.queues.requests, place.queues.results);
    options.progress(results);
    if (left === 0) return lastSend;
    const state = `${left} requests are left, ${results} of ${spec.messages} results have come`;
    if (state !== seen) moved = Date.now();
    else if (Date.now() - moved > options.patienceMs) throw new Error(`${state}, and nothing moves`);
    seen = state;
    await delay(LOOK_EVERY_MS);
  }
}

/** @throws where an answer or a product is missing or wrong */
async function checked(rig: Rig, place: Place, spec: WorkloadSpec): Promise<Record<string, number>> {
  const { count, distinct, outcomes } = await rig.sqs.results(place.queues.results);
  if (count !== spec.messages || distinct !== spec.messages) {
    throw new Error(`${count} results to ${distinct} requests, and ${spec.messages} were sent`);
  }
  if (workload(spec).allOk && outcomes.ok !== spec.messages) {
    throw new Error(`not every request was answered ok: ${JSON.stringify(outcomes)}`);
  }
  const differences = await rig.dynamo.differences(place.table, spec);
  if (differences.length > 0) {
    throw new Error(
      `the table is wrong in ${differences.length} products: ${differences.slice(0, 3).join("; ")}`,
    );
  }
  return outcomes;
}

function perMessage(
  before: Map<string, number>,
  after: Map<string, number>,
  messages: number,
): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const [operation, count] of after) {
    const made = count - (before.get(operation) ?? 0);
    if (made > 0) calls[operation] = made / messages;
  }
  return calls;
}
