import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Result } from "../../src/contract/result.ts";
import { queueCounts } from "../../tools/local/look.ts";
import { useFaultyBackend } from "../support/faulty.ts";
import type { Call } from "../support/proxy.ts";
import { put, request } from "../support/running-worker.ts";
import { until } from "../support/wait.ts";

const faulty = useFaultyBackend();

/** Every call that speaks of the product fails with an error that no room knows how to wait out. */
function failFor(id: string, times = Number.POSITIVE_INFINITY): void {
  faulty.dynamo.faults = ({ text }) =>
    text.includes(id) && times-- > 0 ? { kind: "error", type: "SomethingNew" } : undefined;
}

const codes = (results: Result[]) =>
  results.map(({ data }) => (data.status === "failed" ? data.error.code : data.outcome));

const invisible = async (url: string) => (await queueCounts(faulty.backend.sqs, url)).invisible;

test("an attempt that fails unexpectedly is made again by a later delivery, and its request answered once", async () => {
  const { send, results, log } = await faulty.run();
  const id = randomUUID();
  failFor(id, 1);
  await send({ body: put({ id }), group: id });
  expect(codes(await results(1))).toEqual(["created"]);
  const failed = log.find(({ msg }) => msg === "attempt failed");
  expect(failed).toMatchObject({ level: "warn", productId: id, receiveCount: 1, error: "SomethingNew" });
  expect(log.find(({ msg, receiveCount }) => msg === "answered" && receiveCount === 2)).toBeDefined();
});

test("on its last attempt a request is answered GAVE_UP, parked with the reason and deleted; others are unhindered", async () => {
  const { send, results, deadLetters, queues } = await faulty.run({ maxReceiveCount: 2 });
  const [bad, good] = [randomUUID(), randomUUID()];
  failFor(bad);
  const request = put({ id: bad });
  await send({ body: request, group: bad }, { body: put({ id: good }), group: good });
  const answers = await results(2);
  expect(answers.find(({ subject }) => subject === good)?.data).toMatchObject({ outcome: "created" });
  expect(answers.find(({ subject }) => subject === bad)).toMatchObject({
    causationid: request.id,
    data: { status: "failed", error: { code: "GAVE_UP" } },
  });
  const [parked] = await deadLetters(1);
  expect(JSON.parse(parked?.Body ?? "")).toEqual(request);
  expect(parked?.MessageAttributes).toMatchObject({
    RejectedReason: { StringValue: "GAVE_UP" },
    RejectedDetail: { StringValue: "all 2 attempts failed" },
    FirstSentAt: { StringValue: expect.stringMatching(/^\d{13}$/) },
  });
  await until("the requests queue to be empty", async () => (await invisible(queues.requests)) === 0);
});

test("no answer carries what AWS said", async () => {
  const { send, results } = await faulty.run({ maxReceiveCount: 1 });
  const id = randomUUID();
  faulty.dynamo.faults = () => ({
    kind: "error",
    type: "SomethingNew",
    message: "arn:aws:kms:eu-west-1:123456789012:key/1",
  });
  await send({ body: put({ id }), group: id });
  expect(JSON.stringify(await results(1))).not.toContain("arn:");
});

test("a failure holds back its own product: on a standard queue those behind it wait as long as it does", async () => {
  const { send, results } = await faulty.run({ fifo: false });
  const id = randomUUID();
  const time = Date.now() - 60_000;
  const at = (ms: number) => ({ time: new Date(time + ms).toISOString() });
  // One batch, so that one receive brings them together.
  const delays: number[] = [];
  let attempts = 0;
  faulty.sqs.faults = ({ operation, body }) => {
    if (operation === "ChangeMessageVisibilityBatch") {
      const entries = body.Entries as { VisibilityTimeout: number }[];
      delays.push(...entries.map(({ VisibilityTimeout }) => VisibilityTimeout));
    }
    return undefined;
  };
  faulty.dynamo.faults = ({ text }) =>
    text.includes(id) && attempts++ === 0 ? { kind: "error", type: "SomethingNew" } : undefined;
  // One batch, so that one receive brings them together.
  await send({ body: put({ id, price: 1 }, at(0)) }, { body: put({ id, price: 2 }, at(1)) });
  const outcomes = codes(await results(2)).toSorted();
  expect(delays).toHaveLength(2);
  expect(delays[0]).toBeGreaterThanOrEqual(1);
  expect(delays[1]).toBe(delays[0]);
  expect(outcomes).toContain("created");
});

test("a result the queue refuses for good is given up too, without stopping the others", async () => {
  const { send, results, deadLetters } = await faulty.run({ maxReceiveCount: 1 });
  const [bad, good] = [randomUUID(), randomUUID()];
  const refused = ({ operation, text }: Call) =>
    operation === "SendMessageBatch" && text.includes(`${bad}\\",\\"time`);
  faulty.sqs.faults = (call) =>
    refused(call)
      ? {
          kind: "fail-entries",
          fails: (index) => entryOf(call, index).includes(bad),
          code: "InvalidMessageContents",
        }
      : undefined;
  await send({ body: put({ id: bad }), group: bad }, { body: put({ id: good }), group: good });
  expect(codes(await results(1))).toEqual(["created"]);
  expect(await deadLetters(1)).toMatchObject([
    { MessageAttributes: { RejectedReason: { StringValue: "GAVE_UP" } } },
  ]);
});

function entryOf({ body }: Call, index: number): string {
  return JSON.stringify((body.Entries as unknown[])[index]);
}

test("a message that could not be deleted is delivered again and answered the same, not applied twice", async () => {
  const { send, results, item, log } = await faulty.run({ visibilityTimeout: 1 });
  const id = randomUUID();
  let cut = true;
  faulty.sqs.faults = ({ operation }) => {
    if (operation !== "DeleteMessageBatch" || !cut) return undefined;
    cut = false;
    return { kind: "fail-entries", fails: () => true, code: "ReceiptHandleIsInvalid" };
  };
  await send({ body: put({ id }), group: id });
  const [first] = await results(1);
  await until("the second delivery", () =>
    log.some(({ msg, receiveCount }) => msg === "answered" && receiveCount === 2),
  );
  // The deduplication id is of the same delivery of the same request: SQS has dropped the second result.
  expect(first?.data).toMatchObject({ outcome: "created" });
  expect(await item(id)).toMatchObject({ version: 1 });
});

test("the order of effects: applied, then answered, then deleted", async () => {
  const { send, results } = await faulty.run();
  const id = randomUUID();
  const order: string[] = [];
  const record = ({ operation }: Call) => {
    if (/UpdateItem|SendMessageBatch|DeleteMessageBatch/.test(operation)) order.push(operation);
    return undefined;
  };
  faulty.dynamo.faults = record;
  faulty.sqs.faults = record;
  await send({ body: put({ id }), group: id });
  await results(1);
  await until("the delete", () => order.includes("DeleteMessageBatch"));
  expect(order).toEqual(["UpdateItem", "SendMessageBatch", "DeleteMessageBatch"]);
});

test("a broken message is deleted only after the dead-letter queue has it", async () => {
  const { send, deadLetters, queues } = await faulty.run();
  const order: string[] = [];
  faulty.sqs.faults = ({ operation }) => {
    if (/SendMessageBatch|DeleteMessageBatch/.test(operation)) order.push(operation);
    const refused = operation === "SendMessageBatch" && order.length <= 2;
    return refused ? { kind: "status", status: 503 } : undefined;
  };
  await send({ body: "broken", group: "g" });
  await deadLetters(1);
  await until("the delete", async () => (await invisible(queues.requests)) === 0);
  expect(order).toEqual(["SendMessageBatch", "SendMessageBatch", "SendMessageBatch", "DeleteMessageBatch"]);
});

test("a get that no one can read is retried like a write", async () => {
  const { send, results } = await faulty.run();
  const id = randomUUID();
  failFor(id, 1);
  await send({ body: request("product.get", { id }), group: id });
  expect(codes(await results(1))).toEqual(["NOT_FOUND"]);
});
