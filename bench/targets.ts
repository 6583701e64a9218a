import { figure, latencyRatio, type Outcome, ratio } from "./outcome.ts";
import { peers, type SubjectName } from "./subjects.ts";
import { type WorkloadName, workloadNames } from "./workloads.ts";

/** What was set out to reach, and what was. */
export interface Verdict {
  figure: string;
  target: number;
  /** Which side of the target is good. */
  side: "at most" | "at least";
  unit: "" | "×" | " MB";
  /** Undefined where it was not measured. */
  measured: number | undefined;
  met: boolean | undefined;
}

const OURS: SubjectName = "product-worker";
const HANDWRITTEN: readonly SubjectName[] = ["handwritten-1", "handwritten-10"];
export const RATES = [20, 200] as const;

export function verdicts(outcome: Outcome): Verdict[] {
  const atMost = (name: string, target: number, unit: Verdict["unit"], measured: number | undefined) =>
    verdict(name, "at most", target, unit, measured);
  const cpu = (workload: WorkloadName, than: SubjectName) =>
    ratio(outcome, [OURS, than], workload, "cpuMsPerThousand");
  const faster = (workload: WorkloadName, target: number) =>
    verdict(
      `messages/s, ${workload}, to the best peer`,
      "at least",
      target,
      "×",
      toBestPeer(outcome, workload),
    );
  const quiet = outcome.quiet.find(({ subject }) => subject === OURS)?.receivesPer20s;
  return [
    atMost("AWS calls per put", 1.35, "", figure(outcome, OURS, "puts", "callsPerMessage")),
    atMost("AWS calls per get", 0.4, "", figure(outcome, OURS, "gets", "callsPerMessage")),
    atMost("CPU per put, to handwritten", 0.4, "×", cpu("puts", "handwritten-1")),
    atMost("CPU per get, to handwritten", 0.22, "×", cpu("gets", "handwritten-1")),
    atMost("CPU per put, to the floor", 1.15, "×", cpu("puts", "floor")),
    atMost("CPU per get, to the floor", 1.35, "×", cpu("gets", "floor")),
    faster("puts", 1.5),
    faster("gets", 3),
    faster("mixed", 2),
    faster("hot", 1),
    ...RATES.flatMap((rate) =>
      (["p50", "p99"] as const).map((which) =>
        atMost(
          `${which} at ${rate}/s, to the best handwritten`,
          1.1,
          "×",
          most(HANDWRITTEN.map((other) => latencyRatio(outcome, [OURS, other], rate, which))),
        ),
      ),
    ),
    atMost("receives in 20 s of a quiet queue", 1, "", quiet),
    atMost("peak RSS", 180, " MB", peakRss(outcome)),
  ];
}

function verdict(
  name: string,
  side: Verdict["side"],
  target: number,
  unit: Verdict["unit"],
  measured: number | undefined,
): Verdict {
  const met =
    measured === undefined ? undefined : side === "at most" ? measured <= target : measured >= target;
  return { figure: name, target, side, unit, measured, met };
}

/** Against each peer by the median of the rounds' ratios; the peer that comes off best counts. */
function toBestPeer(outcome: Outcome, workload: WorkloadName): number | undefined {
  const ratios = peers.map((peer) => ratio(outcome, [OURS, peer], workload, "messagesPerSecond"));
  const known = ratios.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function most(values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Of the workload that takes most. */
function peakRss(outcome: Outcome): number | undefined {
  return most(workloadNames.map((workload) => figure(outcome, OURS, workload, "peakRssMb")));
}
