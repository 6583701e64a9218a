import { expect, test } from "vitest";
import type { Put } from "../../src/products/expressions.ts";
import { useTable } from "../support/table.ts";

/*
 * Not among the conformance suites: a backend whose conditional updates are not atomic, as moto's are not when
 * they come at once, fails it rightly.
 */

const own = useTable();

function put(id: string, writeTime: number, price: number, writeId: string): Put {
  return { kind: "put", id, product: { id, name: "Lamp", price }, writeTime, writeId, ifAbsent: false };
}

const shuffled = <T>(values: T[]) => values.toSorted(() => Math.random() - 0.5);

test("of concurrent writes every one is applied once or superseded, and the latest stays", async () => {
  const writes = Array.from({ length: 20 }, (_, n) => put("a", 1_000 + n, n, `write ${n}`));
  const outcomes = await Promise.all(shuffled(writes).map((write) => own.table.write(write)));
  const applied = outcomes.filter(({ kind }) => kind === "applied");
  expect(await own.table.get("a")).toMatchObject({ price: 19, version: applied.length });
});

test("of concurrent writes of one time, each delivered three times, every one is applied once", async () => {
  const writes = Array.from({ length: 8 }, (_, n) => put("b", 1_000, n, `write ${n}`));
  const outcomes = await Promise.all(
    shuffled([...writes, ...writes, ...writes]).map((write) => own.table.write(write)),
  );
  expect(outcomes.filter(({ kind }) => kind === "applied")).toHaveLength(8);
  expect(await own.table.get("b")).toMatchObject({ version: 8 });
});
