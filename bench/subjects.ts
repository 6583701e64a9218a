import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startProcess } from "../tools/local/worker-process.ts";

export const subjectNames = [
  "product-worker",
  "handwritten-1",
  "handwritten-10",
  "squiss",
  "floor",
  "floor-raw",
] as const;
export type SubjectName = (typeof subjectNames)[number];

/** What a team would pick instead. */
export const peers: readonly SubjectName[] = ["handwritten-1", "handwritten-10", "squiss"];

interface Subject {
  module: URL;
  environment?: Record<string, string>;
  flags?: string[];
}

/** How the release's unit runs the worker: Node's flags and the environment are taken from it. */
const UNIT = readFileSync(
  new URL("../infra/release/files/systemd/product-worker@.service", import.meta.url),
  "utf8",
);
const RELEASED = {
  flags:
    /^ExecStart=.*$/m
      .exec(UNIT)?.[0]
      .split(" ")
      .filter((word) => word.startsWith("--")) ?? [],
  environment: Object.fromEntries(
    [...UNIT.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, variable = "", value = ""]) => [
      variable,
      value,
    ]),
  ),
};

/** What is run: `node <module>`. The product worker as it is released. */
const SUBJECTS: Record<SubjectName, Subject> = {
  "product-worker": { module: new URL("../src/main.ts", import.meta.url), ...RELEASED },
  "handwritten-1": {
    module: new URL("./subjects/handwritten.ts", import.meta.url),
    environment: { CONSUMERS: "1" },
  },
  "handwritten-10": {
    module: new URL("./subjects/handwritten.ts", import.meta.url),
    environment: { CONSUMERS: "10" },
  },
  squiss: { module: new URL("./subjects/squiss.ts", import.meta.url) },
  floor: { module: new URL("./subjects/floor.ts", import.meta.url) },
  "floor-raw": { module: new URL("./subjects/floor-raw.ts", import.meta.url) },
};

const LINES_KEPT = 20;

export interface SubjectProcess {
  pid: number;
  /** Resolves when it says that it receives. @throws where it ended before */
  receiving: Promise<void>;
  /** Resolves when it has ended. */
  ended: Promise<void>;
  /** What it last wrote: for whoever has to say why a run failed. */
  lastLines(): string[];
  signal(signal: NodeJS.Signals): void;
}

/** @param nodeOptions for a profile, say */
export function startSubject(
  name: SubjectName,
  environment: Record<string, string>,
  nodeOptions: string[] = [],
): SubjectProcess {
  const { module, environment: own, flags = [] } = SUBJECTS[name];
  const child = startProcess(
    [...flags, ...nodeOptions, fileURLToPath(module)],
    // The product worker and the floors name themselves; the app id is for clients with the SDK's defaults.
    { AWS_SDK_UA_APP_ID: name, ...environment, ...own },
    "pipe",
  );
  const lines: string[] = [];
  const receiving = Promise.withResolvers<void>();
  receiving.promise.catch(() => {}); // for whoever does not wait for it
  for (const input of [child.stdout, child.stderr]) {
    if (!input) continue;
    createInterface({ input }).on("line", (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      if (line.includes('"msg":"receiving"')) receiving.resolve();
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      receiving.reject(new Error(`${name} ended with ${code ?? signal}:\n${lines.join("\n")}`));
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    receiving: receiving.promise,
    ended,
    lastLines: () => lines,
    signal: (signal) => void child.kill(signal),
  };
}
