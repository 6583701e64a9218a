import { afterAll, beforeAll } from "vitest";
import { type TableCalls, tableCalls } from "../../src/products/calls.ts";
import { ProductTable } from "../../src/products/table.ts";
import { type Backend, openBackend } from "./backend.ts";

/** Goes on by a millisecond at every look. */
let clock = Date.now();

/**
 * A product table over a backend's table.
 * @param calls instead of the plain ones
 */
export function tableOver(backend: Backend, name: string, calls: Partial<TableCalls> = {}): ProductTable {
  return new ProductTable({
    table: name,
    calls: { ...tableCalls(backend.dynamo), ...calls },
    now: () => ++clock,
    scheduleReads: setImmediate,
  });
}

/** A backend and a table in it. */
export interface TestTable {
  backend: Backend;
  name: string;
  table: ProductTable;
}

/** For a whole test file: its members are there from `beforeAll` on. */
export function useTable(): TestTable {
  const held = {} as TestTable;
  beforeAll(async () => {
    held.backend = await openBackend();
    held.name = await held.backend.table();
    held.table = tableOver(held.backend, held.name);
  });
  afterAll(() => held.backend.close());
  return held;
}
