import { figure, latencyRatio, type Outcome, ratio, runsOf } from "./outcome.ts";
import { median } from "./statistics.ts";
import { subjectNames } from "./subjects.ts";
import { RATES, type Verdict, verdicts } from "./targets.ts";
import { workloadNames } from "./workloads.ts";

type Align = "left" | "right";

/** A table in plain text: the first column to the left, the rest to the right unless told. */
export function table(heads: string[], rows: string[][], align: Align[] = []): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => {
        const left = (align[column] ?? (column === 0 ? "left" : "right")) === "left";
        return left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return [line(heads), ...rows.map(line)].map((text) => `  ${text}`).join("\n");
}

/** Everything, for the terminal. */
export function report(outcome: Outcome): string {
  const { machine, options } = outcome;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const sections = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.os}\n${wrapped(versions.join(", "))}\n` +
      `${count(options.messages)} messages, ${options.rounds} ${options.rounds === 1 ? "round" : "rounds"}, ` +
      `${options.fifo ? "FIFO" : "standard"} queues. ` +
      "Subject and both embedded backends share these cores: messages/s says how\n" +
      "subjects compare on this machine, not what one does against AWS.",
    ...throughputSections(outcome),
  ];
  if (outcome.latency.length > 0) sections.push(latencySection(outcome));
  if (outcome.quiet.length > 0) sections.push(quietSection(outcome));
  sections.push(targetsSection(verdicts(outcome)));
  if (options.quick) {
    sections.push(
      "A quick run: little warm-up and few samples. Its figures show the way, its verdicts decide nothing.",
    );
  }
  return `\n${sections.join("\n\n")}\n`;
}

function throughputSections(outcome: Outcome): string[] {
  const heads = [
    "",
    "messages/s",
    "CPU ms/1,000",
    "calls/message",
    "peak RSS MB",
    "CPU to floor",
    "calls by operation",
  ];
  const align: Align[] = ["left", "right", "right", "right", "right", "right", "left"];
  return workloadNames.flatMap((workload) => {
    const rows = subjectNames.flatMap((subject) => {
      const runs = runsOf(outcome, subject, workload);
      if (runs.length === 0) return [];
      const value = (which: Parameters<typeof figure>[3]) =>
        figure(outcome, subject, workload, which) as number;
      const toFloor = ratio(outcome, [subject, "floor"], workload, "cpuMsPerThousand");
      return [
        [
          subject,
          count(value("messagesPerSecond")),
          count(value("cpuMsPerThousand")),
          value("callsPerMessage").toFixed(2),
          count(value("peakRssMb")),
          toFloor === undefined ? "" : `${toFloor.toFixed(2)}×`,
          operations(runs.map(({ calls }) => calls)),
        ],
      ];
    });
    return rows.length === 0 ? [] : [`${workload}\n${table(heads, rows, align)}`];
  });
}

/** The median of each operation's calls per message, the most frequent first. */
function operations(rounds: Record<string, number>[]): string {
  const names = [...new Set(rounds.flatMap((calls) => Object.keys(calls)))];
  return names
    .map((name) => [name, median(rounds.map((calls) => calls[name] ?? 0))] as const)
    .sort(([, a], [, b]) => b - a)
    .filter(([, calls]) => calls >= 0.005)
    .map(([name, calls]) => `${name} ${calls.toFixed(2)}`)
    .join(", ");
}

function latencySection(outcome: Outcome): string {
  const heads = ["", ...RATES.flatMap((rate) => [`p50 at ${rate}/s`, `p99 at ${rate}/s`])];
  heads.push("CPU ms/1,000", "calls/message");
  const rows = subjectNames.flatMap((subject) => {
    const runs = outcome.latency.filter((run) => run.subject === subject);
    if (runs.length === 0) return [];
    const cells = RATES.flatMap((rate) =>
      (["p50", "p99"] as const).map((which) => {
        const values = runs.filter((run) => run.rate === rate).map((run) => run[which]);
        if (values.length === 0) return "";
        const to = latencyRatio(outcome, [subject, "handwritten-1"], rate, which);
        return `${median(values).toFixed(1)}${to === undefined ? "" : ` (${to.toFixed(2)}×)`}`;
      }),
    );
    const fastest = runs.filter((run) => run.rate === RATES.at(-1));
    const cpu = median(fastest.map((run) => run.cpuMsPerThousand));
    const calls = median(fastest.map((run) => run.callsPerMessage));
    return [[subject, ...cells, count(cpu), calls.toFixed(2)]];
  });
  return `From due to result read, ms (to handwritten-1), requests of the workload mixed at a steady rate; cost at ${RATES.at(-1)}/s\n${table(heads, rows)}`;
}

function quietSection({ quiet }: Outcome): string {
  const rows = quiet.map(({ subject, receivesPer20s }) => [subject, receivesPer20s.toFixed(1)]);
  return `A quiet queue\n${table(["", "receives in 20 s"], rows)}`;
}

export function targetsSection(all: Verdict[]): string {
  const rows = all.map(({ figure: name, side, target, unit, measured, met }) => [
    name,
    `${side === "at most" ? "≤" : "≥"} ${target}${unit}`,
    measured === undefined ? "not measured" : `${rounded(measured, target)}${unit}`,
    met === undefined ? "" : met ? "✓ met" : "✗ not met",
  ]);
  return `Targets\n${table(["figure", "target", "measured", ""], rows, ["left", "right", "right", "left"])}`;
}

/** As exact as is needed to tell it from its target. */
function rounded(measured: number, target: number): string {
  if (target >= 100) return measured.toFixed(0);
  const two = measured.toFixed(2);
  return Number(two) === target && measured !== target ? measured.toFixed(3) : two;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function wrapped(text: string, width = 100): string {
  const lines = [""];
  for (const word of text.split(", ")) {
    const line = lines.at(-1) as string;
    if (line !== "" && line.length + word.length + 2 > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line}, ${word}`;
  }
  return lines.join(",\n");
}
