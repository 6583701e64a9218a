import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Options } from "./options.ts";
import { type CpuProfile, type Share, selfTimes } from "./profile.ts";
import { table } from "./report.ts";
import { startRig } from "./rig.ts";
import { measureThroughput } from "./throughput.ts";

const PATIENCE_MS = 30_000;
const SHOWN = { modules: 20, functions: 30 };

/** Runs each chosen subject and workload once under V8's CPU profiler and tells where the CPU went. */
export async function profiled({ subjects, workloads, messages, seed, fifo }: Options): Promise<string> {
  const rig = await startRig();
  const sections: string[] = [];
  try {
    for (const subject of subjects) {
      for (const name of workloads) {
        let began = 0;
        const folder = await mkdtemp(join(tmpdir(), "bench-profile-"));
        const spec = { name, messages, seed, startTime: Date.now() - 60 * 60 * 1000 };
        const nodeOptions = ["--cpu-prof", `--cpu-prof-dir=${folder}`];
        await measureThroughput(rig, subject, spec, 1, {
          fifo,
          patienceMs: PATIENCE_MS,
          progress: () => {},
          nodeOptions,
          beginning: () => {
            began = Number(process.hrtime.bigint() / 1000n);
          },
        });
        const file = (await readdir(folder)).find((each) => each.endsWith(".cpuprofile"));
        if (!file) throw new Error(`${subject} wrote no profile`);
        const profile = JSON.parse(await readFile(join(folder, file), "utf8")) as CpuProfile;
        await rm(folder, { recursive: true });
        const { modules, functions, ms } = selfTimes(profile, began);
        const title = `${subject}, ${name}: ${ms.toFixed(0)} ms on the main thread, its start left out`;
        sections.push(
          `${title}\n${rows(modules, SHOWN.modules, messages)}\n\n${rows(functions, SHOWN.functions, messages)}`,
        );
      }
    }
  } finally {
    rig.close();
  }
  return `\n${sections.join("\n\n")}\n`;
}

function rows(shares: Share[], shown: number, messages: number): string {
  const cells = shares
    .slice(0, shown)
    .map(({ name, ms, share }) => [
      name,
      `${(share * 100).toFixed(1)} %`,
      ms.toFixed(0),
      ((ms / messages) * 1000).toFixed(1),
    ]);
  return table(["self time", "share", "ms", "µs/message"], cells);
}
