import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { queueCounts } from "../../tools/local/look.ts";
import { useFaultyBackend } from "../support/faulty.ts";
import type { Faults } from "../support/proxy.ts";
import { put, type RunningWorker } from "../support/running-worker.ts";
import { until } from "../support/wait.ts";

const faulty = useFaultyBackend();
const counts = (url: string) => queueCounts(faulty.backend.sqs, url);
const logged = ({ log }: RunningWorker, msg: string) => log.some((line) => String(line.msg).startsWith(msg));
const keyDisabled = {
  kind: "error",
  type: "ValidationException",
  message: "KMS key disabled error: key/1",
} as const;

/** Every receipt handle is refused where a message is to be kept longer. */
const noExtension: Faults = ({ operation }) =>
  operation === "ChangeMessageVisibilityBatch"
    ? { kind: "fail-entries", fails: () => true, code: "ReceiptHandleIsInvalid" }
    : undefined;

test("while the table's key is disabled nothing is answered, parked or delivered again, and all is answered after", async () => {
  const worker = await faulty.run({ visibilityTimeout: 1 });
  faulty.dynamo.faults = () => keyDisabled;
  const ids = Array.from({ length: 5 }, () => randomUUID());
  await worker.send(...ids.map((id) => ({ body: put({ id }), group: id })));
  await until("the outage to show", () => logged(worker, "unavailable"));
  // Longer than the visibility timeout: the leases are extended.
  await until(
    "three extensions",
    () => faulty.sqs.seen.filter(({ operation }) => operation === "ChangeMessageVisibilityBatch").length >= 3,
  );
  expect(await counts(worker.queues.results)).toEqual({ visible: 0, invisible: 0 });
  expect(await counts(worker.queues.deadLetters)).toEqual({ visible: 0, invisible: 0 });
  faulty.dynamo.faults = () => undefined;
  const results = await worker.results(5);
  expect(results.map(({ data }) => data.status)).toEqual(Array(5).fill("ok"));
  expect(logged(worker, "available again")).toBe(true);
  for (const line of worker.log.filter(({ msg }) => msg === "answered")) expect(line.receiveCount).toBe(1);
});

test("stopped during an outage, it makes what it holds visible again and ends within its drain timeout", async () => {
  const worker = await faulty.run({ drainTimeout: 2 });
  faulty.dynamo.faults = () => ({ kind: "refuse" });
  const ids = Array.from({ length: 5 }, () => randomUUID());
  await worker.send(...ids.map((id) => ({ body: put({ id }), group: id })));
  await until("the outage to show", () => logged(worker, "unavailable"));
  await until("all to be in hand", async () => (await counts(worker.queues.requests)).invisible === 5);
  const from = Date.now();
  await worker.stop();
  expect(Date.now() - from).toBeLessThan(2_500);
  expect(await counts(worker.queues.requests)).toEqual({ visible: 5, invisible: 0 });
});

test("started while the queues cannot be reached, it waits for them", async () => {
  faulty.sqs.faults = () => ({ kind: "status", status: 503 });
  const starting = faulty.run();
  await until(
    "a second try",
    () => faulty.sqs.seen.filter(({ operation }) => operation === "GetQueueAttributes").length > 3,
  );
  faulty.sqs.faults = () => undefined;
  const worker = await starting;
  const id = randomUUID();
  await worker.send({ body: put({ id }), group: id });
  expect(await worker.results(1)).toHaveLength(1);
});

test("a message whose receipt handle is gone is let go: it is not answered or deleted by this worker any more", async () => {
  const worker = await faulty.run({ visibilityTimeout: 1 });
  const id = randomUUID();
  faulty.dynamo.faults = () => ({ kind: "refuse" });
  faulty.sqs.faults = noExtension;
  await worker.send({ body: put({ id }), group: id });
  await until("the lease to be lost", () => logged(worker, "a lease was lost"));
  const answersBefore = faulty.sqs.seen.filter(({ operation }) =>
    /SendMessageBatch|DeleteMessageBatch/.test(operation),
  );
  expect(answersBefore).toEqual([]);
  faulty.sqs.faults = () => undefined;
  faulty.dynamo.faults = () => undefined;
  await until("the message to be let go", () => logged(worker, "let go"));
  // SQS delivers it again, and that delivery is answered.
  expect(await worker.results(1)).toMatchObject([{ data: { outcome: "created" } }]);
  const answered = worker.log.filter(({ msg }) => msg === "answered");
  expect(answered.map(({ receiveCount }) => Number(receiveCount) > 1)).toEqual([true]);
});

test("where an outage has cost it everything in hand, it receives again to find out that the outage is over", async () => {
  const worker = await faulty.run({ visibilityTimeout: 1, maxPollers: 1 });
  const id = randomUUID();
  faulty.dynamo.faults = () => ({ kind: "refuse" });
  faulty.sqs.faults = noExtension;
  await worker.send({ body: put({ id }), group: id });
  // Twice: the second time by the receive that was under way as the gate closed, or by one made since.
  const letGo = () => worker.log.filter(({ msg }) => String(msg).startsWith("let go"));
  await until("the message to be let go twice", () => letGo().length >= 2);
  expect(logged(worker, "available again")).toBe(false);
  faulty.sqs.faults = () => undefined;
  faulty.dynamo.faults = () => undefined;
  expect(await worker.results(1)).toMatchObject([{ data: { outcome: "created" } }]);
  expect(logged(worker, "available again")).toBe(true);
});

test("receives that fail are tried again ever later, not in a loop", async () => {
  const worker = await faulty.run({ maxPollers: 4 });
  faulty.sqs.seen.length = 0;
  faulty.sqs.faults = ({ operation }) =>
    operation === "ReceiveMessage" ? { kind: "error", type: "InternalError", status: 500 } : undefined;
  await until("the second failure in a row", () =>
    worker.log.some(({ msg, inARow }) => msg === "receive failed" && inARow === 2),
  );
  // One after another: one poller while none succeeds.
  const failures = worker.log.filter(({ msg }) => msg === "receive failed");
  const times = failures.map(({ time }) => Date.parse(String(time)));
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(250);
  faulty.sqs.faults = () => undefined;
  const id = randomUUID();
  await worker.send({ body: put({ id }), group: id });
  expect(await worker.results(1)).toHaveLength(1);
});
