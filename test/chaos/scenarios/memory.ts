import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type Scenario, withCluster } from "../scenario.ts";
import { startStream } from "../stream.ts";

export const memory: Scenario = {
  name: "memory",
  attack: "a great many small requests, each of a group of its own, through one worker",
  run: (run) =>
    withCluster({ workers: 1 }, async (cluster) => {
      const total = run.quick ? 5_000 : 200_000;
      const stream = startStream(cluster.backends, 2_000, total);
      const samples: { come: number; bytes: number }[] = [];
      const pid = cluster.workers[0]?.pid ?? 0;
      let over = false;
      void stream.ended.finally(() => {
        over = true;
      });
      while (!over) {
        samples.push({ come: stream.come, bytes: await residentBytes(pid) });
        run.progress(`${stream.come} of ${total} come back, ${megabytes(samples.at(-1)?.bytes ?? 0)} MB`);
        await delay(total / 800);
      }
      const quarter = (n: number) =>
        median(
          samples
            .filter(({ come }) => come > (total / 4) * (n - 1) && come <= (total / 4) * n)
            .map(({ bytes }) => bytes),
        );
      const [second, fourth] = [quarter(2), quarter(4)];
      const failures: string[] = [];
      if (stream.come < total || stream.failed > 0)
        failures.push(`${stream.come} of ${total} came, ${stream.failed} failed`);
      // Too few for a judgement on memory when quick: then only that it all came.
      if (!run.quick && fourth > second * 1.1) failures.push("memory grew");
      const peak = Math.max(...samples.map(({ bytes }) => bytes));
      return {
        failures,
        figures: `${total} requests; resident: ${megabytes(second)} MB in the second quarter, ${megabytes(fourth)} MB in the last, ${megabytes(peak)} MB at most`,
      };
    }),
};

const megabytes = (bytes: number) => Math.round(bytes / 1_048_576);

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout.trim()) * 1024;
}
