import { beforeAll, describe, expect, test } from "vitest";
import type { StoredProduct } from "../../src/contract/product.ts";
import { type TableCalls, tableCalls } from "../../src/products/calls.ts";
import type { ProductTable } from "../../src/products/table.ts";
import { tableOver, useTable } from "../support/table.ts";
import { newId, put, remove } from "../support/writes.ts";

const own = useTable();
const tableWith = (calls: Partial<TableCalls>) => tableOver(own.backend, own.name, calls);

describe("reads", () => {
  test("of everything in flight share calls of at most 100 keys, and no key is in a call twice", async () => {
    const ids = Array.from({ length: 130 }, newId);
    await Promise.all(ids.slice(0, 120).map((id) => own.table.write(put(id, 1_000))));
    const sizes: number[] = [];
    const through = tableCalls(own.backend.dynamo);
    const counting = tableWith({
      batchGet: (command) => {
        const keys = Object.values(command.input.RequestItems ?? {})[0]?.Keys ?? [];
        sizes.push(keys.length);
        expect(new Set(keys.map(({ id }) => id)).size).toBe(keys.length);
        return through.batchGet(command);
      },
    });
    const found = await Promise.all([...ids, ...ids.slice(0, 5)].map((id) => counting.get(id)));
    expect(found.map((product) => product?.id)).toEqual([
      ...ids.slice(0, 120),
      ...Array(10).fill(undefined),
      ...ids.slice(0, 5),
    ]);
    expect(sizes).toEqual([100, 35]);
  });

  test("beyond what one answer holds are asked for again until all are there", async () => {
    const ids = Array.from({ length: 8 }, newId);
    for (const id of ids) {
      const attributes = { text: id.padEnd(350_000, "x") };
      await own.table.write(put(id, 1_000, { product: { id, name: "Big", price: 1, attributes } }));
    }
    const found = await Promise.all(ids.map((id) => own.table.get(id)));
    expect(found.map((product) => product?.id)).toEqual(ids);
  });
});

describe("list", () => {
  const sizeOf = (part: StoredProduct | string) => JSON.stringify(part).length;
  let listed: ProductTable;
  let ids: string[];

  beforeAll(async () => {
    listed = tableOver(own.backend, await own.backend.table());
    ids = Array.from({ length: 30 }, (_, n) => `item-${n}`);
    await Promise.all(ids.map((id) => listed.write(put(id, 1_000))));
    await Promise.all(ids.slice(0, 10).map((id) => listed.write(remove(id, 2_000))));
    ids = ids.slice(10);
  });

  async function walk(
    limit: number,
    bytes: number,
  ): Promise<{ ids: string[]; omitted: string[]; sizes: number[] }> {
    const seen: string[] = [];
    const omitted: string[] = [];
    const sizes: number[] = [];
    let after: string | undefined;
    do {
      const page = await listed.list(limit, after, bytes, sizeOf);
      seen.push(...page.products.map(({ id }) => id));
      omitted.push(...page.omitted);
      sizes.push(page.products.length);
      after = page.after;
      expect(sizes.length).toBeLessThan(200);
    } while (after !== undefined);
    return { ids: seen, omitted, sizes };
  }

  test.each([1, 3, 7, 19, 20, 21, 1_000])(
    "by pages of %i gives every product once and no tombstone",
    async (limit) => {
      const { ids: seen, sizes } = await walk(limit, 1_000_000);
      expect(seen.toSorted()).toEqual(ids.toSorted());
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    },
  );

  test("ends a page where the next product would not fit", async () => {
    const one = sizeOf({ ...(await listed.list(1, undefined, 1_000, sizeOf)).products[0] } as StoredProduct);
    const { ids: seen, sizes } = await walk(1_000, one * 3 + 2);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(Math.max(...sizes)).toBe(3);
  });

  test("names a product that no page can hold, and goes on", async () => {
    const id = "large";
    const attributes = { text: "x".repeat(5_000) };
    await listed.write(put(id, 1_000, { product: { id, name: "Large", price: 1, attributes } }));
    const { ids: seen, omitted } = await walk(4, 2_000);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(omitted).toEqual([id]);
    await listed.write(remove(id, 2_000));
  });
});
