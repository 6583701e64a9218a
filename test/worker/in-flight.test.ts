import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { useFaultyBackend } from "../support/faulty.ts";
import { put } from "../support/running-worker.ts";
import { until } from "../support/wait.ts";

const faulty = useFaultyBackend();

test.each([1, 4, 25])(
  "never more than MAX_IN_FLIGHT (%i) are in hand, and all are answered",
  async (maxInFlight) => {
    const { worker, send, results } = await faulty.run({ maxInFlight, maxPollers: 4 });
    const ids = Array.from({ length: 60 }, () => randomUUID());
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, worker.inHand);
    }, 1);
    await send(...ids.map((id) => ({ body: put({ id }), group: id })));
    await results(60);
    clearInterval(watch);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(maxInFlight);
  },
);

test("one message that takes for ever holds up none but its own group", async () => {
  const { send, results } = await faulty.run({ maxInFlight: 4 });
  const slow = randomUUID();
  faulty.dynamo.faults = ({ text }) => (text.includes(slow) ? { kind: "hang" } : undefined);
  await send({ body: put({ id: slow }), group: slow });
  await until("the slow one to be under way", () =>
    faulty.dynamo.seen.some(({ text }) => text.includes(slow)),
  );
  const ids = Array.from({ length: 30 }, () => randomUUID());
  await send(...ids.map((id) => ({ body: put({ id }), group: id })));
  const answers = await results(30);
  expect(new Set(answers.map(({ subject }) => subject))).toEqual(new Set(ids));
});
