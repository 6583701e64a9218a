import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { resultId } from "../../src/contract/identity.ts";
import { LIMITS } from "../../src/contract/limits.ts";
import type { Result } from "../../src/contract/result.ts";
import { queueCounts } from "../../tools/local/look.ts";
import { type Backend, openBackend } from "../support/backend.ts";
import {
  type Outgoing,
  put,
  type RunningWorker,
  type RunOptions,
  request,
  runWorker,
} from "../support/running-worker.ts";
import { until } from "../support/wait.ts";

let backend: Backend;
const running: RunningWorker[] = [];

beforeAll(async () => {
  backend = await openBackend();
});
afterAll(() => backend.close());
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

async function run(options: RunOptions = {}): Promise<RunningWorker> {
  const started = await runWorker(backend, options);
  running.push(started);
  return started;
}

async function inQueue(url: string): Promise<number> {
  const { visible, invisible } = await queueCounts(backend.sqs, url);
  return visible + invisible;
}

const emptied = (url: string) => until("the queue to be empty", async () => (await inQueue(url)) === 0);
const about = (group: string, ...bodies: object[]): Outgoing[] => bodies.map((body) => ({ group, body }));
const dataOf = (results: Result[]) => results.map(({ data }) => data);

describe.each([
  ["FIFO", true],
  ["standard", false],
])("on %s queues", (_, fifo) => {
  test("every request type is answered, and its message deleted", async () => {
    const { send, results, item, queues } = await run({ fifo });
    const id = randomUUID();
    // One after another: a standard queue promises no order.
    const ask = async (body: object): Promise<Result> => {
      await send(...about(id, body));
      return (await results(1))[0] as Result;
    };
    const made = put({ id, price: 0.1, attributes: { color: "red" } }, { traceparent: "00-aa-bb-01" });
    const created = await ask(made);
    expect(created).toEqual({
      specversion: "1.0",
      id: resultId({ source: "/test", id: made.id }),
      source: "/product-worker",
      type: "product.put.result",
      subject: id,
      time: expect.any(String),
      datacontenttype: "application/json",
      causationid: made.id,
      causationsource: "/test",
      traceparent: "00-aa-bb-01",
      data: {
        status: "ok",
        outcome: "created",
        product: {
          id,
          name: "Laptop",
          price: 0.1,
          attributes: { color: "red" },
          version: 1,
          createdAt: expect.any(String),
          updatedAt: expect.any(String),
        },
      },
    });
    expect(await item(id)).toMatchObject({ id, price: 0.1, writeId: `/test\n${made.id}` });
    expect((await ask(request("product.get", { id }))).data).toMatchObject({
      outcome: "found",
      product: { price: 0.1 },
    });
    const changes = { price: 2, attributes: null };
    const updated = await ask(request("product.update", { id, changes, ifVersion: 1 }));
    expect(updated.data).toMatchObject({ outcome: "updated", product: { price: 2, version: 2 } });
    expect(updated.data).not.toHaveProperty("product.attributes");
    expect((await ask(request("product.list", {}))).data).toMatchObject({
      outcome: "listed",
      products: [{ id }],
    });
    expect((await ask(request("product.delete", { id }))).data).toEqual({ status: "ok", outcome: "deleted" });
    expect((await ask(request("product.get", { id }))).data).toMatchObject({ error: { code: "NOT_FOUND" } });
    expect((await ask(request("product.list", {}))).data).toEqual({
      status: "ok",
      outcome: "listed",
      products: [],
    });
    await emptied(queues.requests);
  });

  test("what nobody can answer is parked at its first delivery with the reason, and nothing else", async () => {
    const { send, deadLetters, queues } = await run({ fifo });
    const bodies = {
      NOT_JSON: "{oops",
      NOT_AN_OBJECT: "[1]",
      NO_ENVELOPE: JSON.stringify({ source: "/test", type: "product.get" }),
      TOO_DEEP: `{"a":${"[".repeat(50)}${"]".repeat(50)}}`,
    };
    const attributes = { Trace: { DataType: "String", StringValue: "abc" } };
    await send(...Object.values(bodies).map((body) => ({ body, attributes })));
    const parked = await deadLetters(4);
    for (const { Body, MessageAttributes = {} } of parked) {
      const reason = MessageAttributes.RejectedReason?.StringValue as keyof typeof bodies;
      expect(Body).toBe(bodies[reason]);
      expect(MessageAttributes.Trace).toMatchObject(attributes.Trace);
      expect(MessageAttributes.RejectedDetail?.StringValue).toMatch(/\w/);
      expect(Date.parse(MessageAttributes.RejectedAt?.StringValue ?? "")).toBeGreaterThan(
        Date.now() - 60_000,
      );
    }
    expect(
      new Set(parked.map(({ MessageAttributes }) => MessageAttributes?.RejectedReason?.StringValue)).size,
    ).toBe(4);
    await emptied(queues.requests);
    expect(await inQueue(queues.results)).toBe(0);
  });

  test("a readable request that does not fit is answered with each problem, and no product touched", async () => {
    const { send, results, item } = await run({ fifo });
    const id = randomUUID();
    await send(
      ...about(
        id,
        put({ id, price: 1.00001, colour: "red" }, { time: new Date(Date.now() + 3_600_000).toISOString() }),
      ),
    );
    const [result] = await results(1);
    expect(result).toMatchObject({
      type: "product.put.result",
      subject: id,
      data: { error: { code: "INVALID_REQUEST" } },
    });
    const data = result?.data;
    const issues = data?.status === "failed" ? data.error.issues : [];
    expect(issues?.map(({ path }) => path)).toEqual(["data.product.price", "data.product.colour", "time"]);
    expect(await item(id)).toBeUndefined();
  });

  test("the same write again is replayed, and after a later one superseded; every result has the same id", async () => {
    const { send, results, item } = await run({ fifo });
    const id = randomUUID();
    const at = (ms: number) => ({ time: new Date(Date.now() - 60_000 + ms).toISOString() });
    const [first, second] = [put({ id, price: 1 }, at(0)), put({ id, price: 2 }, at(1))];
    const answers: Result[] = [];
    for (const body of [first, first, second, first]) {
      await send(...about(id, body));
      answers.push(...(await results(1)));
    }
    expect(dataOf(answers)).toMatchObject([
      { outcome: "created", product: { version: 1 } },
      { outcome: "created", replayed: true, product: { version: 1 } },
      { outcome: "replaced", product: { version: 2 } },
      { error: { code: "SUPERSEDED" }, product: { price: 2, version: 2 } },
    ]);
    expect(answers[0]?.data).not.toHaveProperty("replayed");
    expect(new Set([answers[0]?.id, answers[1]?.id, answers[3]?.id]).size).toBe(1);
    expect(await item(id)).toMatchObject({ version: 2, price: 2 });
  });

  test("an item beyond 400 KB is answered TOO_LARGE", async () => {
    const { send, results, item } = await run({ fifo });
    const id = randomUUID();
    await send(...about(id, put({ id, attributes: { text: "x".repeat(LIMITS.itemBytes) } })));
    expect(dataOf(await results(1))).toMatchObject([{ status: "failed", error: { code: "TOO_LARGE" } }]);
    expect(await item(id)).toBeUndefined();
  });
});

test("requests of a product on a FIFO queue take effect in the order they were sent, products side by side", async () => {
  const { send, results } = await run();
  const ids = Array.from({ length: 8 }, () => randomUUID());
  const sent: Outgoing[] = [];
  for (let n = 1; n <= 12; n++) {
    for (const id of ids) {
      const body =
        n === 1
          ? put({ id, price: 1 })
          : request("product.update", { id, changes: { price: n }, ifVersion: n - 1 });
      sent.push({ group: id, body });
    }
  }
  await send(...sent);
  const answers = await results(sent.length);
  for (const id of ids) {
    const prices = answers.flatMap(({ subject, data }) =>
      subject === id && "product" in data && data.status === "ok" ? [data.product?.price] : [],
    );
    expect(prices).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
  }
});

test("a result goes where ReplyTo says, if the worker's list has it; else the request is refused", async () => {
  const reply = await backend.queues();
  const { send, results } = await run({ replyUrls: [reply.results] });
  const to = (url: string) => ({ ReplyTo: { DataType: "String", StringValue: url } });
  const [allowed, refused] = [put({ id: randomUUID() }), put({ id: randomUUID() })];
  await send(
    { body: allowed, attributes: to(reply.results) },
    { body: refused, attributes: to(reply.requests) },
  );
  expect(await results(1, reply.results)).toMatchObject([
    { causationid: allowed.id, data: { outcome: "created" } },
  ]);
  expect(await results(1)).toMatchObject([
    { causationid: refused.id, data: { error: { code: "INVALID_REQUEST", issues: [{ path: "ReplyTo" }] } } },
  ]);
});

test("a page of a list fits the results queue's own maximum, and its cursors lead to every product once", async () => {
  const resultBytes = 40_000;
  const { send, results } = await run({ resultBytes });
  const ids = Array.from({ length: 30 }, (_, n) => `product-${n}`);
  await send(...ids.map((id) => ({ body: put({ id, description: '"'.repeat(3_000) }), group: id })));
  await results(ids.length);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    await send({ body: request("product.list", { limit: 1000, ...(cursor && { cursor }) }) });
    const [result] = await results(1);
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(resultBytes);
    if (result?.data.status !== "ok" || result.data.outcome !== "listed")
      throw new Error(JSON.stringify(result));
    seen.push(...result.data.products.map(({ id }) => id));
    cursor = result.data.cursor;
  } while (cursor);
  expect(seen.toSorted()).toEqual(ids.toSorted());
});

test("a product too large for the results queue is left out of what became of a write, and read as TOO_LARGE", async () => {
  const { send, results } = await run({ resultBytes: 20_000 });
  const id = randomUUID();
  await send(...about(id, put({ id, description: "x".repeat(30_000) }), request("product.get", { id })));
  expect(dataOf(await results(2))).toMatchObject([
    { status: "ok", outcome: "created", productOmitted: true },
    { status: "failed", error: { code: "TOO_LARGE" } },
  ]);
});

test("ids that are no message group make results all the same", async () => {
  const { send, results } = await run();
  const ids = ["with space", "ünï", "x".repeat(256), "日本語"];
  await send(...ids.map((id) => ({ body: put({ id }), group: id })));
  const answers = await results(ids.length);
  expect(new Set(answers.map(({ subject }) => subject))).toEqual(new Set(ids));
});

test("a decision worth reading is logged with request id, product id and receive count, never the contents", async () => {
  const { send, results, log, deadLetters } = await run();
  const secret = "swordfish";
  const id = randomUUID();
  const invalid = put({ id, price: -1, attributes: { [secret]: secret } });
  await send(
    { body: put({ id, name: secret, description: secret }) },
    { body: invalid },
    { body: `${secret} is not JSON` },
    { body: request("product.update", { id: "nothing", changes: { name: secret } }) },
  );
  await results(3);
  await deadLetters(1);
  const answered = log.find(({ msg, requestId }) => msg === "answered" && requestId === invalid.id);
  expect(answered).toMatchObject({
    level: "info",
    productId: id,
    receiveCount: 1,
    code: "INVALID_REQUEST",
    issues: 1,
  });
  expect(log.find(({ msg }) => String(msg).startsWith("parked"))).toMatchObject({
    level: "warn",
    reason: "NOT_JSON",
    receiveCount: 1,
  });
  expect(JSON.stringify(log)).not.toContain(secret);
});

test("stopped, it releases what has not started, receives nothing more and resolves with nothing in hand", async () => {
  const { send, worker, stop, queues, results, log } = await run();
  const id = randomUUID();
  await send(...about(id, ...Array.from({ length: 10 }, (_, n) => put({ id, price: n }))));
  await results(1);
  await stop();
  expect(worker.stop()).toBe(worker.stop());
  expect(log.at(-1)).toMatchObject({ msg: "stopped", inHand: 0 });
  const left = await inQueue(queues.requests);
  await send(...about(id, put({ id })));
  await until("the queue to count one more", async () => (await inQueue(queues.requests)) === left + 1);
});
