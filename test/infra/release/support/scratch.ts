import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** How a script ended, and what it said on either output. */
interface Ended {
  code: number | string;
  output: string;
}

interface Running {
  ended: Promise<Ended>;
  kill(): void;
}

/**
 * A folder of a test's own in place of a machine: `root` in place of `/`, and stand-ins for the machine's commands
 * that write down how they were called.
 */
export interface Scratch {
  folder: string;
  root: string;
  /** @param script what the command does, in bash, after it was written down */
  standIn(name: string, script?: string): Promise<void>;
  /** Every call of a stand-in, in order: the name and the arguments. */
  calls(): Promise<string[]>;
  start(script: string, env?: Record<string, string>): Running;
  run(script: string, env?: Record<string, string>): Promise<Ended>;
}

/** For a whole test file: a new one for each test; what still runs after a test is killed. */
export function useScratch(): Scratch {
  const running = new Set<ChildProcess>();
  const scratch = {
    get root() {
      return join(scratch.folder, "root");
    },
    async standIn(name: string, script = "") {
      const text = `#!/bin/bash\necho "${name} $*" >>"${join(scratch.folder, "calls")}"\n${script}\n`;
      await writeFile(join(scratch.folder, "bin", name), text, { mode: 0o755 });
    },
    async calls() {
      const text = await readFile(join(scratch.folder, "calls"), "utf8").catch(() => "");
      return text.split("\n").filter((line) => line !== "");
    },
    start(script: string, env: Record<string, string> = {}) {
      const child = spawn("/bin/bash", [script], {
        cwd: scratch.folder,
        env: { PATH: `${join(scratch.folder, "bin")}:${process.env.PATH}`, ROOT: scratch.root, ...env },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true, // a process group, so that its children can be ended with it
      });
      running.add(child);
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
        });
      }
      const ended = new Promise<Ended>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code, signal) => {
          running.delete(child);
          resolve({ code: code ?? signal ?? "?", output });
        });
      });
      return { ended, kill: () => end(child) };
    },
    run: (script: string, env?: Record<string, string>) => scratch.start(script, env).ended,
  } as Scratch;
  beforeEach(async () => {
    scratch.folder = await mkdtemp(join(tmpdir(), "product-worker-test-"));
    await Promise.all([mkdir(join(scratch.folder, "bin")), mkdir(scratch.root)]);
    // Written down, and over at once: waits are looked at, not waited for.
    await scratch.standIn("sleep", "command -p sleep 0.01");
  });
  afterEach(async () => {
    for (const child of running) end(child);
    await rm(scratch.folder, { recursive: true, force: true });
  });
  return scratch;
}

function end(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
