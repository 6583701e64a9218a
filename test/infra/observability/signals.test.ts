import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { alarmRules } from "../../../infra/constructs/observability/alarm-rules.ts";
import { type Signal, signals } from "../../../infra/constructs/observability/signals.ts";
import { useFaultyBackend } from "../../support/faulty.ts";
import type { Fault } from "../../support/proxy.ts";
import { put, type RunningWorker } from "../../support/running-worker.ts";
import { until } from "../../support/wait.ts";
import { filterPattern } from "./filter-pattern.ts";
import { props } from "./observed.ts";

/*
 * Lines of a real worker, held against the patterns that count them: a message or field that changes in src/ and not
 * here fails.
 */

const faulty = useFaultyBackend();
const patterns = Object.entries(signals).map(([name, pattern]) => [name, filterPattern(pattern)] as const);

/** How often each signal is in the log, those that are not left out. */
function counted({ log }: RunningWorker): Partial<Record<Signal, number>> {
  return Object.fromEntries(
    patterns
      .map(([name, matches]) => [name, log.filter(matches).length] as const)
      .filter(([, count]) => count > 0),
  );
}

async function sendOne({ send }: RunningWorker): Promise<void> {
  const id = randomUUID();
  await send({ body: put({ id }), group: id });
}

const counts = (worker: RunningWorker, signal: Signal) =>
  until(`a line that counts as ${signal}`, () => counted(worker)[signal]);

function ends(worker: RunningWorker): Promise<unknown> {
  faulty.dynamo.faults = () => undefined;
  faulty.sqs.faults = () => undefined;
  return counts(worker, "GatesOpened");
}

const error = (type: string, message = "the proxy says so"): Fault => ({ kind: "error", type, message });

test("a worker that starts and answers counts as a start, and as nothing else", async () => {
  const worker = await faulty.run();
  await sendOne(worker);
  await worker.results(1);
  expect(counted(worker)).toEqual({ Starts: 1 });
});

describe("a gate closes once and opens once", () => {
  test.each<[string, Fault, boolean]>([
    ["the key is disabled", error("ValidationException", "KMS key disabled error: key/1"), true],
    [
      "the key is pending deletion",
      error("ValidationException", "KMS key pending deletion error: key/1"),
      true,
    ],
    ["the key may not be used", error("AccessDeniedException", "KMS key access denied error: key/1"), true],
    [
      "the role may not write",
      error("AccessDeniedException", "User: u is not authorized to perform: dynamodb:UpdateItem"),
      false,
    ],
    ["the table is not reached", { kind: "refuse" }, false],
    ["the table's service fails", { kind: "error", type: "InternalServerError", status: 500 }, false],
  ])("where %s", async (_, fault, ofTheKey) => {
    const worker = await faulty.run();
    faulty.dynamo.faults = () => fault;
    await sendOne(worker);
    await counts(worker, "GatesClosed");
    await ends(worker);
    await worker.results(1);
    expect(counted(worker)).toEqual({
      ...{ Starts: 1, GatesClosed: 1, GatesOpened: 1 },
      ...(ofTheKey && { KeyTrouble: 1 }),
    });
  });
});

describe("trouble with the queues' key is told from other trouble", () => {
  test.each<[string, Fault, boolean]>([
    ["KmsDisabled", error("KmsDisabled"), true],
    ["KMS.DisabledException", error("KMS.DisabledException"), true],
    [
      "a batch entry's KMS.AccessDeniedException",
      { kind: "fail-entries", fails: () => true, code: "KMS.AccessDeniedException" },
      true,
    ],
    [
      "IAM's refusal of a data key",
      error("AccessDenied", "User: u is not authorized to perform: kms:GenerateDataKey on resource: k"),
      true,
    ],
    ["a queue that is not there", error("QueueDoesNotExist"), false],
  ])("%s", async (_, fault, ofTheKey) => {
    const worker = await faulty.run();
    faulty.sqs.faults = ({ operation }) => (operation.startsWith("SendMessage") ? fault : undefined);
    await sendOne(worker);
    await counts(worker, "GatesClosed");
    expect(counted(worker).KeyTrouble ?? 0).toBe(ofTheKey ? 1 : 0);
    await ends(worker);
  });
});

test.each<[string, boolean]>([
  ["KMS.InvalidStateException", true],
  ["InternalError", false],
])("receives that fail with %s count each time, and as trouble with the key: %s", async (type, ofTheKey) => {
  const worker = await faulty.run();
  faulty.sqs.faults = ({ operation }) => (operation === "ReceiveMessage" ? error(type) : undefined);
  await until("two failed receives", () => (counted(worker).ReceivesFailed ?? 0) >= 2);
  const { ReceivesFailed, KeyTrouble = 0 } = counted(worker);
  expect(KeyTrouble).toBe(ofTheKey ? ReceivesFailed : 0);
});

test("an attempt that fails, and the last one, are counted; what was given up is not counted as unreadable", async () => {
  const worker = await faulty.run({ maxReceiveCount: 2 });
  faulty.dynamo.faults = () => error("SomethingNew");
  await sendOne(worker);
  await worker.deadLetters(1);
  await until("both to be deleted", () => worker.worker.inHand === 0);
  expect(counted(worker)).toEqual({ Starts: 1, AttemptsFailed: 1, GaveUp: 1 });
});

test("a message that nobody can read is counted", async () => {
  const worker = await faulty.run();
  await worker.send({ body: "not JSON" });
  await worker.deadLetters(1);
  await counts(worker, "Unreadable");
  expect(counted(worker)).toEqual({ Starts: 1, Unreadable: 1 });
});

test("a lease that is lost is counted", async () => {
  const worker = await faulty.run({ visibilityTimeout: 1 });
  faulty.dynamo.faults = () => ({ kind: "hang" });
  faulty.sqs.faults = ({ operation }) =>
    operation === "ChangeMessageVisibilityBatch"
      ? { kind: "fail-entries", fails: () => true, code: "ReceiptHandleIsInvalid" }
      : undefined;
  await sendOne(worker);
  await counts(worker, "LeasesLost");
  expect(counted(worker).LeasesLost).toBe(1);
});

test("what is an alarm is logged as a warning or an error, and the rest of what is counted at info", async () => {
  const worker = await faulty.run({ maxReceiveCount: 1 });
  faulty.dynamo.faults = () => error("ValidationException", "KMS key disabled error: key/1");
  await sendOne(worker);
  await counts(worker, "KeyTrouble");
  await ends(worker);
  await worker.results(1);
  faulty.dynamo.faults = () => error("SomethingNew");
  await sendOne(worker);
  await worker.send({ body: "not JSON" });
  await worker.deadLetters(2);
  await counts(worker, "Unreadable");
  const levels = Object.fromEntries(
    patterns.map(([name, matches]) => [name, worker.log.find(matches)?.level] as const),
  );
  expect(levels).toMatchObject({
    ...{ GatesClosed: "error", KeyTrouble: "error", GaveUp: "error", Unreadable: "warn" },
    ...{ Starts: "info", GatesOpened: "info" },
  });
});

test("every signal that an alarm watches is one that is counted", () => {
  const watched = alarmRules(props, props).flatMap(({ watch }) =>
    "expression" in watch ? Object.values(watch.metrics) : [watch],
  );
  const ours = watched.filter(({ namespace }) => namespace === "dev-product-worker").map(({ name }) => name);
  expect(ours.length).toBeGreaterThan(4);
  for (const name of ours) expect(Object.keys(signals)).toContain(name);
});
