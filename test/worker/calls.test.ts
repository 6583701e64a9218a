import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Backend, openBackend } from "../support/backend.ts";
import { startProxy } from "../support/proxy.ts";
import { put, type RunningWorker, request, runWorker } from "../support/running-worker.ts";

/*
 * What the worker spends, in calls as the servers count them. Not a matter of time: a backlog is in the queue
 * before the worker begins, and nothing here is measured in seconds.
 */

const MESSAGES = 1_000;
let backend: Backend;
let running: RunningWorker | undefined;

beforeAll(async () => {
  backend = await openBackend();
});
afterAll(() => backend.close());
afterEach(() => running?.stop());

/** Works a backlog off. @returns calls by operation */
async function callsFor(body: (n: number) => { id: string }): Promise<Record<string, number>> {
  // Sent while nothing can receive: the worker's own way to SQS opens only afterwards.
  const closed = await startProxy(String(backend.sqsSettings.endpoint));
  closed.faults = ({ operation }) => (operation === "ReceiveMessage" ? { kind: "hang" } : undefined);
  const held = await runWorker(backend, { sqsEndpoint: closed.endpoint, maxPollers: 4 });
  running = held;
  await held.send(...Array.from({ length: MESSAGES }, (_, n) => ({ body: body(n), group: `product-${n}` })));
  const before = new Map(backend.calls?.of("product-worker"));
  closed.faults = () => undefined;
  // The receives that hang are given up by their server: the next ones go through.
  closed.dropHanging();
  await held.results(MESSAGES);
  const after = backend.calls?.of("product-worker") ?? new Map<string, number>();
  await closed.close();
  return Object.fromEntries([...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)]));
}

test("a backlog of puts costs at most 1.4 calls a message", async () => {
  const calls = await callsFor((n) => put({ id: `product-${n}` }));
  expect(calls.UpdateItem).toBe(MESSAGES);
  const perMessage = Object.values(calls).reduce((sum, count) => sum + count, 0) / MESSAGES;
  expect(perMessage).toBeLessThanOrEqual(1.4);
});

test("a backlog of gets costs at most 0.5 calls a message", async () => {
  const calls = await callsFor((n) => request("product.get", { id: `product-${n}` }));
  const perMessage = Object.values(calls).reduce((sum, count) => sum + count, 0) / MESSAGES;
  expect(perMessage).toBeLessThanOrEqual(0.5);
});
