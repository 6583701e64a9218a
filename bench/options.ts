import { parseArgs } from "node:util";
import { type SubjectName, subjectNames } from "./subjects.ts";
import { type WorkloadName, workloadNames } from "./workloads.ts";

export const HELP = `Usage: npm run bench -- [options]

Measures the worker and what a user would pick instead: the same job against the same embedded backends, each
side a process of its own. Prints tables and whether the targets are met; writes bench/results/ and, after a
full run, bench/charts/. A full run takes about three quarters of an hour, a quick one less than two minutes.

  --quick           few messages, one round: shows the way, decides nothing
  --subject NAME    only this one: ${subjectNames.join(", ")}
  --workload NAME   only this one: ${workloadNames.join(", ")}, latency, quiet
  --rounds N        rounds in which subjects take turns (default 3, 1 to 99)
  --messages N      in each workload (default 20000, 10 to 200000)
  --seed N          which workload to make up (default 1)
  --fifo            FIFO queues (workloads only; latency and quiet queue are measured on standard ones)
  --name NAME       write bench/results/NAME.json (default: the date, or "quick")
  --profile         runs each chosen workload once under --cpu-prof and prints where the CPU goes; needs --subject
  -h, --help        this text

--subject and --workload may be given more than once. Needs Linux: CPU and memory are read from /proc.
Exits with 0 when measured, whatever the targets say; 1 when a run was incomplete; 64 when called wrongly.
`;

export interface Options {
  subjects: SubjectName[];
  workloads: WorkloadName[];
  latency: boolean;
  quiet: boolean;
  rounds: number;
  messages: number;
  seed: number;
  quick: boolean;
  fifo: boolean;
  name: string | undefined;
  profile: boolean;
  help: boolean;
  /** Nothing left out: what the kept results and charts are made of. */
  full: boolean;
}

const QUICK_MESSAGES = 500;
const FULL_MESSAGES = 20_000;
const FULL_ROUNDS = 3;

/** @throws TypeError, saying what is wrong and what is allowed */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      subject: { type: "string", multiple: true, default: [] },
      workload: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      messages: { type: "string" },
      seed: { type: "string", default: "1" },
      fifo: { type: "boolean", default: false },
      name: { type: "string" },
      profile: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { quick, fifo, profile, help, name } = values;
  const subjects = values.subject.map((text) => oneOf(text, "--subject", subjectNames));
  const chosen = values.workload.map((text) =>
    oneOf(text, "--workload", [...workloadNames, "latency", "quiet"] as const),
  );
  const all = chosen.length === 0;
  const chosenNames = workloadNames.filter((each) => all || chosen.includes(each));
  if (profile && subjects.length === 0)
    throw new TypeError("--profile needs --subject: whose CPU is to be shown");
  if (name !== undefined && !/^[\w.-]+$/.test(name)) {
    throw new TypeError(`--name is ${JSON.stringify(name)}: letters, digits, "_", "." and "-"`);
  }
  const part = values.rounds !== undefined || values.messages !== undefined || subjects.length > 0 || !all;
  return {
    subjects: subjects.length > 0 ? subjects : [...subjectNames],
    workloads: chosenNames,
    latency: all || chosen.includes("latency"),
    quiet: all || chosen.includes("quiet"),
    rounds: whole(values.rounds ?? String(quick ? 1 : FULL_ROUNDS), "--rounds", 1, 99),
    messages: whole(
      values.messages ?? String(quick ? QUICK_MESSAGES : FULL_MESSAGES),
      "--messages",
      10,
      200_000,
    ),
    seed: whole(values.seed, "--seed", 0, 2 ** 32 - 1),
    quick,
    fifo,
    name,
    profile,
    help,
    full: !(part || quick || fifo || profile),
  };
}

function oneOf<T extends string>(text: string, option: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text);
  if (found !== undefined) return found;
  throw new TypeError(`${option} is ${JSON.stringify(text)}: must be one of ${allowed.join(", ")}`);
}

function whole(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new TypeError(
    `${option} is ${JSON.stringify(text)}: must be a whole number from ${least} to ${most}`,
  );
}
