import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backends, startBackends } from "../tools/local/backends.ts";
import { startWorker } from "../tools/local/worker-process.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

async function main(
  environment: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const run = promisify(execFile)(process.execPath, [path("../src/main.ts")], { env: environment });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

/** The same queues where nothing listens. */
function unreachable({ queues }: Backends): Record<string, string> {
  const away = (url: string) => url.replace(/:\d+\//, ":1/");
  return {
    REQUESTS_QUEUE_URL: away(queues.requests),
    RESULTS_QUEUE_URL: away(queues.results),
    DEAD_LETTERS_QUEUE_URL: away(queues.deadLetters),
  };
}

describe("the worker without its configuration", () => {
  test("exits with 78 and names all that is missing, the region too, and what to do", async () => {
    const { code, stdout, stderr } = await main({ HOME: "/nonexistent", MAX_POLLERS: "none" });
    expect(code).toBe(78);
    expect(stdout).toBe("");
    for (const line of [
      /REQUESTS_QUEUE_URL is not set: set it to/,
      /RESULTS_QUEUE_URL is not set/,
      /DEAD_LETTERS_QUEUE_URL is not set/,
      /MAX_POLLERS is "none": must be a whole number/,
      /AWS_REGION is not set/,
    ]) {
      expect(stderr).toMatch(line);
    }
    expect(stderr).not.toMatch(/at .*\.ts:\d+/);
  });
});

describe("the worker as a process", () => {
  let backends: Backends;
  beforeAll(async () => {
    backends = await startBackends();
  });
  afterAll(() => backends.close());

  test.each(["SIGTERM", "SIGINT"] as const)("drains and exits with 0 on %s", async (signal) => {
    const lines: string[] = [];
    const worker = startWorker(backends.environment, (line) => lines.push(line));
    await worker.receiving;
    worker.signal(signal);
    const wake = setInterval(() => backends.wakeReceives(), 20);
    expect(await worker.ended).toBe(0);
    clearInterval(wake);
    expect(JSON.parse(lines.at(-1) ?? "{}")).toMatchObject({ msg: "stopped", inHand: 0 });
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ service: "product-worker" });
  });

  test("exits with 0 on SIGTERM while it still waits for its queues at the start", async () => {
    const lines: string[] = [];
    const worker = startWorker({ ...backends.environment, ...unreachable(backends) }, (line) => {
      lines.push(line);
      if (line.includes('"msg":"unavailable')) worker.signal("SIGTERM");
    });
    expect(await worker.ended).toBe(0);
    expect(lines.some((line) => line.includes('"msg":"receiving"'))).toBe(false);
  });

  test("exits at once on a second signal", async () => {
    const lines: string[] = [];
    const worker = startWorker(backends.environment, (line) => {
      lines.push(line);
      if (line.includes('"msg":"draining"')) worker.signal("SIGTERM");
    });
    await worker.receiving;
    worker.signal("SIGTERM");
    expect(await worker.ended).toBe(1);
    expect(lines.at(-1)).toMatch(/second signal/);
  });
});

test("an older Node is told so before anything else runs", async () => {
  const check = `Object.defineProperty(process.versions, "node", { value: "20.1.0" }); await import(${JSON.stringify(path("../tools/node-version.mjs"))});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", check], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  expect(code).toBe(78);
  expect(stderr).toMatch(/needs Node 24 or later; this is Node 20\.1\.0[\s\S]*npm ci/);
});
