import { expect, test } from "vitest";
import { Batcher } from "../../src/worker/batcher.ts";

/** A batcher whose calls are recorded, and fail for entries below 0. */
function recording(working: () => number, bytesOf?: (entry: number) => number) {
  const calls: number[][] = [];
  const batcher = new Batcher<number>({
    working,
    ...(bytesOf && { bytesOf }),
    send: async (entries) => {
      calls.push(entries);
      return entries.map((entry) => (entry < 0 ? new Error(`refused ${entry}`) : undefined));
    },
  });
  return { batcher, calls };
}

test("entries added together go together, ten a call, in the order they were added", async () => {
  const { batcher, calls } = recording(() => 25);
  await Promise.all(Array.from({ length: 25 }, (_, n) => batcher.add(n)));
  expect(calls.map(({ length }) => length)).toEqual([10, 10, 5]);
  expect(calls.flat()).toEqual(Array.from({ length: 25 }, (_, n) => n));
});

test("a batch that nothing else could join goes without waiting for a timer", async () => {
  const { batcher, calls } = recording(() => 2);
  const added = Promise.all([batcher.add(1), batcher.add(2)]);
  await new Promise(setImmediate);
  expect(calls).toEqual([[1, 2]]);
  await added;
});

test("a batch that others could join waits for them, and no longer than a few ms", async () => {
  const { batcher, calls } = recording(() => 10);
  const first = batcher.add(1);
  await new Promise(setImmediate);
  expect(calls).toEqual([]);
  await Promise.all([first, batcher.add(2)]);
  expect(calls).toEqual([[1, 2]]);
});

test("each entry learns its own outcome", async () => {
  const { batcher } = recording(() => 3);
  const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(-2), batcher.add(3)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("a call that fails fails every entry of it, and no other", async () => {
  let fail = true;
  const batcher = new Batcher<number>({
    working: () => 1,
    send: async (entries) => {
      if (fail) throw new Error("no connection");
      return entries.map(() => undefined);
    },
  });
  await expect(Promise.all([batcher.add(1), batcher.add(2)])).rejects.toThrow("no connection");
  fail = false;
  await batcher.add(3);
});

test("a batch never exceeds the size of one call", async () => {
  const { batcher, calls } = recording(
    () => 6,
    () => 400_000,
  );
  await Promise.all([1, 2, 3, 4, 5, 6].map((n) => batcher.add(n)));
  expect(calls).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});
