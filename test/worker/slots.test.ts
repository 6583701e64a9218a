import { expect, test } from "vitest";
import { Slots } from "../../src/worker/slots.ts";

const never = new AbortController().signal;
const turn = () => new Promise(setImmediate);

test("no more are taken than there are; who waits is served in order when some come back", async () => {
  const slots = new Slots(10, 1);
  await slots.take(6, never);
  const served: string[] = [];
  void slots.take(5, never).then(() => served.push("five"));
  void slots.take(1, never).then(() => served.push("one"));
  await turn();
  expect(served).toEqual([]); // the one that would fit does not overtake the one that waits
  slots.give(1);
  await turn();
  expect(served).toEqual(["five"]);
  slots.give(6);
  await turn();
  expect(served).toEqual(["five", "one"]);
});

test("who stops waiting takes none and holds up nobody", async () => {
  const slots = new Slots(2, 1);
  await slots.take(2, never);
  const stop = new AbortController();
  const waiting = slots.take(2, stop.signal);
  const next = slots.take(1, never);
  stop.abort(new Error("stop"));
  await expect(waiting).rejects.toThrow("stop");
  slots.give(1);
  await next;
  await expect(slots.take(1, stop.signal)).rejects.toThrow("stop");
});

test("throttling halves what may be taken, once a second, never below the least; settling grows it back", async () => {
  let now = 0;
  const slots = new Slots(100, 10, () => now);
  slots.throttled();
  slots.throttled();
  expect(slots.limit).toBe(50);
  for (now = 1_000; now <= 10_000; now += 1_000) slots.throttled();
  expect(slots.limit).toBe(10);
  await slots.take(10, never);
  let served = false;
  void slots.take(10, never).then(() => {
    served = true;
  });
  for (let settled = 0; settled < 10; settled++) slots.settled();
  await turn();
  expect(served).toBe(true);
  expect(slots.limit).toBe(10); // ten settled add nearly one
  for (let settled = 0; settled < 6_000; settled++) {
    slots.settled();
    await slots.take(1, never);
  }
  expect(slots.limit).toBe(100);
});
