import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkout } from "../../../infra/release/sources.ts";
import { until } from "../../support/wait.ts";
import { type MetadataService, startMetadata } from "./support/metadata.ts";
import { useScratch } from "./support/scratch.ts";

const SCRIPT = join(checkout.files, "scripts/drain.sh");
const LIFECYCLE = "autoscaling/target-lifecycle-state";
const SPOT = "spot/instance-action";
const COMPLETED =
  "aws autoscaling complete-lifecycle-action --region eu-west-1 --auto-scaling-group-name workers " +
  "--lifecycle-hook-name drain --instance-id i-0abc --lifecycle-action-result CONTINUE " +
  "--cli-connect-timeout 5 --cli-read-timeout 10";

const scratch = useScratch();
let metadata: MetadataService;

beforeEach(async () => {
  metadata = await startMetadata();
  metadata.values.set("instance-id", "i-0abc").set(LIFECYCLE, "InService");
  await scratch.standIn("systemctl");
  await scratch.standIn("aws");
});
afterEach(() => metadata.close());

const start = () =>
  scratch.start(SCRIPT, {
    METADATA: metadata.url,
    AWS_REGION: "eu-west-1",
    ASG_NAME: "workers",
    HOOK_NAME: "drain",
  });

/** Waits until it has looked so many times more. */
async function looks(count: number): Promise<void> {
  const before = metadata.asked.length;
  await until("looks at the metadata", () => metadata.asked.length >= before + 2 * count);
}

/** What it did, the waits between looks left out. */
async function deeds(): Promise<string[]> {
  return (await scratch.calls()).filter((call) => call !== "sleep 5");
}

test("while the instance is in service, nothing happens", async () => {
  const drain = start();
  await looks(3);
  expect(await deeds()).toEqual([]);
  drain.kill();
  await drain.ended;
});

test("an instance that belongs to no Auto Scaling group is left alone", async () => {
  metadata.values.delete(LIFECYCLE);
  const drain = start();
  await looks(3);
  expect(await deeds()).toEqual([]);
  drain.kill();
  await drain.ended;
});

test("before a termination the workers stop, then the log is sent, then Auto Scaling goes on", async () => {
  const drain = start();
  await looks(1);
  metadata.values.set(LIFECYCLE, "Terminated");
  expect(await drain.ended).toMatchObject({ code: 0 });
  expect(await deeds()).toEqual(["systemctl stop product-worker.target", "sleep 8", COMPLETED]);
});

test("Auto Scaling goes on only when the workers have ended", async () => {
  const ended = join(scratch.folder, "ended");
  await scratch.standIn("systemctl", `until [ -e "${ended}" ]; do command -p sleep 0.01; done`);
  metadata.values.set(LIFECYCLE, "Terminated");
  const drain = start();
  await until("the stop", async () => (await deeds()).length > 0);
  expect(await deeds()).toEqual(["systemctl stop product-worker.target"]);
  await writeFile(ended, "");
  expect(await drain.ended).toMatchObject({ code: 0 });
  expect((await deeds()).at(-1)).toBe(COMPLETED);
});

test("a spot interruption is drained for likewise", async () => {
  metadata.values.set(SPOT, '{"action": "terminate", "time": "2026-02-08T08:22:00Z"}');
  expect(await start().ended).toMatchObject({ code: 0 });
  expect(await deeds()).toEqual(["systemctl stop product-worker.target", "sleep 8", COMPLETED]);
});

test("a metadata service that fails is asked again, and costs nothing", async () => {
  metadata.broken = true;
  const drain = start();
  await until("looks in vain", async () => (await scratch.calls()).length >= 3);
  metadata.broken = false;
  await looks(1);
  expect(await deeds()).toEqual([]);
  metadata.values.set(LIFECYCLE, "Terminated");
  expect(await drain.ended).toMatchObject({ code: 0 });
  expect(await deeds()).toHaveLength(3);
});

test("workers that could not be stopped are stopped again before anything else", async () => {
  const once = join(scratch.folder, "once");
  await scratch.standIn("systemctl", `[ -e "${once}" ] || { touch "${once}"; exit 1; }`);
  metadata.values.set(LIFECYCLE, "Terminated");
  expect(await start().ended).toMatchObject({ code: 0 });
  expect(await deeds()).toEqual([
    "systemctl stop product-worker.target",
    "sleep 2",
    "systemctl stop product-worker.target",
    "sleep 8",
    COMPLETED,
  ]);
});

test("a call to Auto Scaling that fails is tried again", async () => {
  const once = join(scratch.folder, "once");
  await scratch.standIn("aws", `[ -e "${once}" ] || { touch "${once}"; exit 254; }`);
  metadata.values.set(LIFECYCLE, "Terminated");
  expect(await start().ended).toMatchObject({ code: 0 });
  expect((await deeds()).slice(2)).toEqual([COMPLETED, "sleep 2", COMPLETED]);
});

test("where Auto Scaling cannot be reached, a termination is left open and an interruption is not", async () => {
  await scratch.standIn("aws", "exit 254");
  metadata.values.set(LIFECYCLE, "Terminated");
  const termination = await start().ended;
  expect(termination).toMatchObject({ code: 1, output: expect.stringContaining("still open") });
  expect((await deeds()).filter((call) => call === COMPLETED)).toHaveLength(5);
  metadata.values.set(LIFECYCLE, "InService").set(SPOT, '{"action": "terminate"}');
  expect(await start().ended).toMatchObject({ code: 0 });
});
