import { randomUUID } from "node:crypto";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Backend, openBackend } from "../support/backend.ts";
import { type FaultProxy, startProxy } from "../support/proxy.ts";
import { put, type RunningWorker, type RunOptions, runWorker } from "../support/running-worker.ts";
import { until } from "../support/wait.ts";

let backend: Backend;
let dynamo: FaultProxy;
let sqs: FaultProxy;
const running: RunningWorker[] = [];

beforeAll(async () => {
  backend = await openBackend();
  dynamo = await startProxy(String(backend.dynamoSettings.endpoint));
  sqs = await startProxy(String(backend.sqsSettings.endpoint));
});
afterAll(async () => {
  await Promise.all([dynamo.close(), sqs.close()]);
  await backend.close();
});
afterEach(async () => {
  dynamo.faults = () => undefined;
  sqs.faults = () => undefined;
  for (const each of running.splice(0)) await each.stop();
  dynamo.seen.length = 0;
  sqs.seen.length = 0;
});

async function run(options: RunOptions = {}): Promise<RunningWorker> {
  const started = await runWorker(backend, {
    dynamoEndpoint: dynamo.endpoint,
    sqsEndpoint: sqs.endpoint,
    ...options,
  });
  running.push(started);
  return started;
}

async function counts(url: string): Promise<{ visible: number; invisible: number }> {
  const { Attributes = {} } = await backend.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    invisible: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

const logged = ({ log }: RunningWorker, msg: string) => log.some((line) => String(line.msg).startsWith(msg));
const keyDisabled = {
  kind: "error",
  type: "ValidationException",
  message: "KMS key disabled error: key/1",
} as const;

test("while the table's key is disabled nothing is answered, parked or delivered again, and all is answered after", async () => {
  const worker = await run({ visibilityTimeout: 1 });
  dynamo.faults = () => keyDisabled;
  const ids = Array.from({ length: 5 }, () => randomUUID());
  await worker.send(...ids.map((id) => ({ body: put({ id }), group: id })));
  await until("the outage to show", () => logged(worker, "unavailable"));
  // Longer than the visibility timeout: the leases are extended.
  await until(
    "three extensions",
    () => sqs.seen.filter(({ operation }) => operation === "ChangeMessageVisibilityBatch").length >= 3,
  );
  expect(await counts(worker.queues.results)).toEqual({ visible: 0, invisible: 0 });
  expect(await counts(worker.queues.deadLetters)).toEqual({ visible: 0, invisible: 0 });
  dynamo.faults = () => undefined;
  const results = await worker.results(5);
  expect(results.map(({ data }) => data.status)).toEqual(Array(5).fill("ok"));
  expect(logged(worker, "available again")).toBe(true);
  for (const line of worker.log.filter(({ msg }) => msg === "answered")) expect(line.receiveCount).toBe(1);
});

test("stopped during an outage, it makes what it holds visible again and ends within its drain timeout", async () => {
  const worker = await run({ drainTimeout: 2 });
  dynamo.faults = () => ({ kind: "refuse" });
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
  sqs.faults = () => ({ kind: "status", status: 503 });
  const starting = run();
  await until(
    "a second try",
    () => sqs.seen.filter(({ operation }) => operation === "GetQueueAttributes").length > 3,
  );
  sqs.faults = () => undefined;
  const worker = await starting;
  const id = randomUUID();
  await worker.send({ body: put({ id }), group: id });
  expect(await worker.results(1)).toHaveLength(1);
});

test("a message whose receipt handle is gone is let go: it is not answered or deleted by this worker any more", async () => {
  const worker = await run({ visibilityTimeout: 1 });
  const id = randomUUID();
  dynamo.faults = () => ({ kind: "refuse" });
  sqs.faults = ({ operation }) =>
    operation === "ChangeMessageVisibilityBatch"
      ? { kind: "fail-entries", fails: () => true, code: "ReceiptHandleIsInvalid" }
      : undefined;
  await worker.send({ body: put({ id }), group: id });
  await until("the lease to be lost", () => logged(worker, "a lease was lost"));
  const answersBefore = sqs.seen.filter(({ operation }) =>
    /SendMessageBatch|DeleteMessageBatch/.test(operation),
  );
  expect(answersBefore).toEqual([]);
  sqs.faults = () => undefined;
  dynamo.faults = () => undefined;
  await until("the message to be let go", () => logged(worker, "let go"));
  // SQS delivers it again, and that delivery is answered.
  expect(await worker.results(1)).toMatchObject([{ data: { outcome: "created" } }]);
  const answered = worker.log.filter(({ msg }) => msg === "answered");
  expect(answered.map(({ receiveCount }) => Number(receiveCount) > 1)).toEqual([true]);
});

test("receives that fail are tried again ever later, not in a loop", async () => {
  const worker = await run({ maxPollers: 4 });
  sqs.seen.length = 0;
  sqs.faults = ({ operation }) =>
    operation === "ReceiveMessage" ? { kind: "error", type: "InternalError", status: 500 } : undefined;
  await until("the second failure in a row", () =>
    worker.log.some(({ msg, inARow }) => msg === "receive failed" && inARow === 2),
  );
  // One after another: one poller while none succeeds.
  const failures = worker.log.filter(({ msg }) => msg === "receive failed");
  const times = failures.map(({ time }) => Date.parse(String(time)));
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(250);
  sqs.faults = () => undefined;
  const id = randomUUID();
  await worker.send({ body: put({ id }), group: id });
  expect(await worker.results(1)).toHaveLength(1);
});
