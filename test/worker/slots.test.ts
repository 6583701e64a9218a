import { expect, test } from "vitest";
import { Slots } from "../../src/worker/slots.ts";

const never = new AbortController().signal;
const turn = () => new Promise(setImmediate);

test("no more are taken than there are; who waits is served in order when some come back", async () => {
  const slots = new Slots(10);
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
  const slots = new Slots(2);
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
