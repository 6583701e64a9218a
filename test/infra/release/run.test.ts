import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { extract } from "tar";
import { afterEach, expect, test } from "vitest";
import { makeRelease } from "../../../infra/release/release.ts";
import { archs } from "../../../infra/release/runtime.ts";
import { checkout } from "../../../infra/release/sources.ts";
import { type Backends, startBackends } from "../../../tools/local/backends.ts";
import { put } from "../../support/running-worker.ts";
import { useScratch } from "./support/scratch.ts";
import { CURRENT, readUnit, settings, WORKER_UNIT } from "./support/units.ts";

const scratch = useScratch();
const arch = process.platform === "linux" ? archs.find((each) => each === process.arch) : undefined;
let backends: Backends | undefined;
let worker: ChildProcess | undefined;

afterEach(async () => {
  worker?.kill("SIGKILL");
  await backends?.close();
});

test("the bundle has no path of the checkout in it", async () => {
  const { archive } = await makeRelease({
    arch: "x64",
    out: join(scratch.folder, "out"),
    fetch: async (_, into) => {
      const file = join(into, "file");
      await writeFile(file, "");
      return { node: file, license: file };
    },
  });
  await extract({ file: archive, cwd: scratch.root });
  const bundle = await readFile(join(scratch.root, "worker.mjs"), "utf8");
  expect(bundle).not.toContain(checkout.root.replace(/\/$/, ""));
  expect(bundle).not.toMatch(/file:\/\/\/|\/home\//);
});

// Fetches Node by npm where the cache has none.
test.skipIf(!arch)(
  "an unpacked archive works a request by the unit's own command, and drains (needs Linux on arm64 or x64)",
  { timeout: 240_000 },
  async () => {
    const { archive } = await makeRelease({ arch: arch ?? "x64", out: join(scratch.folder, "out") });
    backends = await startBackends();
    const { queues, environment } = backends;
    const sqs = new SQSClient(backends.sqs);
    const request = put({ id: "product-1" });
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queues.requests,
        MessageBody: JSON.stringify(request),
        MessageGroupId: "product-1",
        MessageDeduplicationId: request.id,
      }),
    );

    const began = performance.now();
    await extract({ file: archive, cwd: scratch.root });
    const [command = ""] = settings(readUnit(WORKER_UNIT), "ExecStart");
    const [program = "", ...args] = command.replaceAll(CURRENT, scratch.root).split(" ");
    // As under systemd: no environment but its own, nothing to read, and another folder.
    worker = spawn(program, args, { cwd: "/", env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise((resolve) => {
      worker?.once("close", (code, signal) => resolve(code ?? signal));
    });
    const log: string[] = [];
    for (const stream of [worker.stdout, worker.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => log.push(line));
    }

    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queues.results, WaitTimeSeconds: 20 }),
    );
    const elapsed = performance.now() - began;
    const [answer] = Messages;
    expect(JSON.parse(answer?.Body ?? log.join("\n")).data).toMatchObject({
      status: "ok",
      outcome: "created",
      product: { id: "product-1", version: 1 },
    });
    console.log(`from the archive to the first answer: ${Math.round(elapsed)} ms`);
    await sqs.send(
      new DeleteMessageCommand({ QueueUrl: queues.results, ReceiptHandle: answer?.ReceiptHandle }),
    );

    worker.kill("SIGTERM");
    const wake = setInterval(() => backends?.wakeReceives(), 20);
    expect(await ended).toBe(0);
    clearInterval(wake);
    expect(log.at(-1)).toContain('"msg":"stopped"');
    sqs.destroy();
  },
);
