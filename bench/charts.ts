import { figure, type Outcome } from "./outcome.ts";
import { median } from "./statistics.ts";
import { type SubjectName, subjectNames } from "./subjects.ts";
import { RATES } from "./targets.ts";
import { workloadNames } from "./workloads.ts";

/** A group of bars: one workload, say. */
interface Group {
  label: string;
  bars: { label: string; value: number; ours: boolean }[];
}

export interface Chart {
  title: string;
  /** What the bars are, and which way is good. */
  subtitle: string;
  groups: Group[];
  format: (value: number) => string;
}

const WIDTH = 760;
const LABEL = 130;
const VALUE = 70;
const BAR = 16;
const GAP = 4;
const GROUP_GAP = 18;
const HEAD = 62;

/*
 * Text takes the page's dark or light by the reader's own preference; bars are of colours that stand out on both.
 */
const STYLE = `
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.faint { fill: #59636e; }
.bar { fill: #8c959f; }
.ours { fill: #2f81f7; }
.strong { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .faint { fill: #9198a1; }
  .bar { fill: #6e7681; }
}`.trim();

/** Horizontal bars in groups, each group on its own scale: what is compared is within a group. */
export function svg({ title, subtitle, groups, format }: Chart): string {
  const parts: string[] = [];
  let y = HEAD;
  for (const group of groups) {
    parts.push(`<text class="strong" x="0" y="${y + 12}">${escaped(group.label)}</text>`);
    y += 22;
    const most = Math.max(...group.bars.map(({ value }) => value), Number.MIN_VALUE);
    for (const { label, value, ours } of group.bars) {
      const width = Math.max(1, (value / most) * (WIDTH - LABEL - VALUE));
      const strong = ours ? ' class="strong"' : "";
      parts.push(
        `<text${strong} x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${escaped(label)}</text>`,
        `<rect class="${ours ? "ours" : "bar"}" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text${strong} x="${(LABEL + width + 6).toFixed(1)}" y="${y + 13}">${escaped(format(value))}</text>`,
      );
      y += BAR + GAP;
    }
    y += GROUP_GAP;
  }
  const described = `${title}. ${groups.map(spoken(format)).join(" ")}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escaped(described)}">`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="0" y="18">${escaped(title)}</text>`,
    `<text class="faint" x="0" y="40">${escaped(subtitle)}</text>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function spoken(format: Chart["format"]) {
  return ({ label, bars }: Group) =>
    `${label}: ${bars.map((bar) => `${bar.label} ${format(bar.value)}`).join(", ")}.`;
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

/** By file name; none where there is nothing to show. */
export function charts(outcome: Outcome): Map<string, string> {
  const made = new Map<string, string>();
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  const add = (name: string, chart: Chart) => {
    if (chart.groups.length > 0) made.set(`${name}.svg`, svg(chart));
  };
  const byWorkload = (which: Parameters<typeof figure>[3]): Group[] =>
    workloadNames
      .map((workload) => ({
        label: workload,
        bars: barsOf((subject) => figure(outcome, subject, workload, which)),
      }))
      .filter(({ bars }) => bars.length > 0);
  add("throughput", {
    title: "Messages a second",
    subtitle: `more is better; subject and backends share ${outcome.machine.cores} cores`,
    groups: byWorkload("messagesPerSecond"),
    format: whole,
  });
  add("cpu", {
    title: "CPU of the process, ms per 1,000 messages",
    subtitle: "less is better; user and system time, as the operating system counts it",
    groups: byWorkload("cpuMsPerThousand"),
    format: whole,
  });
  add("calls", {
    title: "AWS calls a message",
    subtitle: "less is better; counted by the servers",
    groups: byWorkload("callsPerMessage"),
    format: (value) => value.toFixed(2),
  });
  add("latency", {
    title: "From request to result, ms",
    subtitle: "less is better; from when a request was due until its result was read",
    groups: RATES.flatMap((rate) =>
      (["p50", "p99"] as const).map((which) => ({
        label: `${which} at ${rate} requests/s`,
        bars: barsOf((subject) => {
          const runs = outcome.latency.filter((run) => run.subject === subject && run.rate === rate);
          return runs.length === 0 ? undefined : median(runs.map((run) => run[which]));
        }),
      })),
    ).filter(({ bars }) => bars.length > 0),
    format: (value) => value.toFixed(1),
  });
  return made;
}

function barsOf(value: (subject: SubjectName) => number | undefined): Group["bars"] {
  return subjectNames.flatMap((subject) => {
    const found = value(subject);
    return found === undefined ? [] : [{ label: subject, value: found, ours: subject === "product-worker" }];
  });
}
