import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Backend, openBackend } from "../support/backend.ts";
import { type FaultProxy, startProxy } from "../support/proxy.ts";
import { put, type RunningWorker, runWorker } from "../support/running-worker.ts";
import { until } from "../support/wait.ts";

let backend: Backend;
let dynamo: FaultProxy;
let running: RunningWorker | undefined;

beforeAll(async () => {
  backend = await openBackend();
  dynamo = await startProxy(String(backend.dynamoSettings.endpoint));
});
afterAll(async () => {
  await dynamo.close();
  await backend.close();
});
afterEach(async () => {
  dynamo.faults = () => undefined;
  dynamo.dropHanging();
  await running?.stop();
});

test.each([1, 4, 25])(
  "never more than MAX_IN_FLIGHT (%i) are in hand, and all are answered",
  async (maxInFlight) => {
    running = await runWorker(backend, { maxInFlight, maxPollers: 4 });
    const ids = Array.from({ length: 60 }, () => randomUUID());
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, Number(running?.worker.inHand));
    }, 1);
    await running.send(...ids.map((id) => ({ body: put({ id }), group: id })));
    await running.results(60);
    clearInterval(watch);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(maxInFlight);
  },
);

test("one message that takes for ever holds up none but its own group", async () => {
  running = await runWorker(backend, { maxInFlight: 4, dynamoEndpoint: dynamo.endpoint });
  const slow = randomUUID();
  dynamo.faults = ({ text }) => (text.includes(slow) ? { kind: "hang" } : undefined);
  await running.send({ body: put({ id: slow }), group: slow });
  await until("the slow one to be under way", () => dynamo.seen.some(({ text }) => text.includes(slow)));
  const ids = Array.from({ length: 30 }, () => randomUUID());
  await running.send(...ids.map((id) => ({ body: put({ id }), group: id })));
  const results = await running.results(30);
  expect(new Set(results.map(({ subject }) => subject))).toEqual(new Set(ids));
});
