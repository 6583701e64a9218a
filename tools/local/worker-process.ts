import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const END_WITH_PARENT = new URL("./end-with-parent.ts", import.meta.url).href;

export interface WorkerProcess {
  pid: number;
  /** Resolves when the worker's log says that it receives (at level info or below). @throws where it ended before */
  receiving: Promise<void>;
  /** Resolves with the exit code, or the signal's name, when it has ended. */
  ended: Promise<number | NodeJS.Signals>;
  signal(signal: NodeJS.Signals): void;
}

/**
 * Starts the worker as a process of its own: `node src/main.ts` with this environment and nothing of AWS's
 * from ours, so that it reaches what the environment names and nothing else.
 *
 * @param onLine gets each line of its log
 */
export function startWorker(
  environment: Record<string, string>,
  onLine: (line: string) => void,
): WorkerProcess {
  if (/warn|error|fatal|silent/.test(environment.LOG_LEVEL ?? "")) {
    throw new Error("a worker whose log leaves out level info cannot be seen to receive");
  }
  const child = startProcess([MAIN], environment, "inherit");
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? 1));
  });
  const receiving = watch(child, onLine);
  receiving.catch(() => {}); // for whoever does not wait for it; `ended` tells the same
  return { pid: child.pid ?? 0, receiving, ended, signal: (signal) => void child.kill(signal) };
}

/**
 * Starts a program on this Node, with this environment and nothing of AWS's from ours. It ends with us.
 * @param words Node's flags, the program's file, its arguments
 */
export function startProcess(
  words: string[],
  environment: Record<string, string>,
  stderr: "inherit" | "pipe",
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  return spawn(process.execPath, ["--import", END_WITH_PARENT, ...words], {
    env: { ...Object.fromEntries(inherited), AWS_EC2_METADATA_DISABLED: "true", ...environment },
    stdio: ["pipe", "pipe", stderr],
    // Its own process group: Ctrl-C at the terminal is ours to pass on, once.
    detached: true,
  });
}

function watch(child: ChildProcess, onLine: (line: string) => void): Promise<void> {
  if (!child.stdout) throw new Error("the worker's output is not piped");
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      onLine(line);
      if (line.includes('"msg":"receiving"')) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`the worker ended before it received: ${code ?? signal}`)),
    );
  });
}
