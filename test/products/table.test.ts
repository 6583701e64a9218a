import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../src/contract/limits.ts";
import type { StoredProduct } from "../../src/contract/product.ts";
import { type TableCalls, tableCalls } from "../../src/products/calls.ts";
import type { Delete, Put, Update, Write } from "../../src/products/expressions.ts";
import type { Item } from "../../src/products/item.ts";
import { ProductTable } from "../../src/products/table.ts";
import { type Backend, openBackend } from "../support/backend.ts";

let backend: Backend;
let name: string;
let table: ProductTable;
let made = 0;
/** Goes on by a millisecond at every look. */
let clock = Date.now();

beforeAll(async () => {
  backend = await openBackend();
  name = await backend.table();
  table = tableWith({});
});
afterAll(() => backend.close());

function tableWith(calls: Partial<TableCalls>): ProductTable {
  return new ProductTable({
    table: name,
    calls: { ...tableCalls(backend.dynamo), ...calls },
    now: () => ++clock,
    scheduleReads: setImmediate,
  });
}

const newId = () => `product-${++made}`;

function put(id: string, writeTime: number, more: Partial<Put> & { price?: number } = {}): Put {
  const { price = 9.99, ...rest } = more;
  const product = { id, name: "Lamp", price };
  return { kind: "put", id, product, writeTime, writeId: `put ${id} ${++made}`, ifAbsent: false, ...rest };
}
function update(id: string, writeTime: number, more: Partial<Update> = {}): Update {
  return { kind: "update", id, changes: { price: 5 }, writeTime, writeId: `update ${++made}`, ...more };
}
function remove(id: string, writeTime: number, more: Partial<Delete> = {}): Delete {
  return { kind: "delete", id, writeTime, writeId: `delete ${++made}`, ...more };
}

async function item(id: string): Promise<Item | undefined> {
  const { Item: found } = await backend.dynamo.send(
    new GetCommand({ TableName: name, Key: { id }, ConsistentRead: true }),
  );
  return found as Item | undefined;
}

/** A write that must not change the item, whatever it is answered with. */
async function refused(write: Write): Promise<unknown> {
  const before = await item(write.id);
  const outcome = await table.write(write);
  expect(await item(write.id)).toEqual(before);
  return outcome;
}

describe("put", () => {
  test("creates a product at version 1, with the bookkeeping of its write", async () => {
    const write = put(newId(), 1_000);
    const outcome = await table.write(write);
    const stored = await table.get(write.id);
    expect(outcome).toEqual({ kind: "applied", outcome: "created", product: stored });
    expect(stored).toMatchObject({ ...write.product, version: 1 });
    expect(await item(write.id)).toEqual({
      ...stored,
      createdAt: stored?.createdAt,
      updatedAt: stored?.createdAt,
      writeTime: 1_000,
      writeId: write.writeId,
    });
  });

  test("replaces every field of an existing product and keeps when it was created", async () => {
    const id = newId();
    const first = put(id, 1_000, {
      product: { id, name: "A", price: 1, description: "long", attributes: { a: 1 } },
    });
    await table.write(first);
    const created = await table.get(id);
    const outcome = await table.write(put(id, 2_000));
    const stored = (await table.get(id)) as StoredProduct;
    expect(outcome).toEqual({ kind: "applied", outcome: "replaced", product: stored });
    expect(stored).toEqual({
      id,
      name: "Lamp",
      price: 9.99,
      version: 2,
      createdAt: created?.createdAt,
      updatedAt: stored.updatedAt,
    });
  });

  test("of an older time changes nothing and is answered with the current product", async () => {
    const id = newId();
    await table.write(put(id, 2_000, { price: 2 }));
    expect(await refused(put(id, 1_999))).toEqual({ kind: "superseded", product: await table.get(id) });
  });

  test("again is replayed: nothing changes, and the outcome is the first one's", async () => {
    const id = newId();
    const [create, replace] = [put(id, 1_000), put(id, 2_000)];
    await table.write(create);
    expect(await refused(create)).toMatchObject({
      kind: "replayed",
      outcome: "created",
      product: { version: 1 },
    });
    await table.write(replace);
    expect(await refused(replace)).toMatchObject({
      kind: "replayed",
      outcome: "replaced",
      product: { version: 2 },
    });
    expect(await refused(create)).toMatchObject({ kind: "superseded", product: { version: 2 } });
  });

  test("with ifAbsent is a conflict while the product exists", async () => {
    const id = newId();
    await table.write(put(id, 1_000, { ifAbsent: true }));
    expect(await refused(put(id, 2_000, { ifAbsent: true }))).toEqual({
      kind: "conflict",
      product: await table.get(id),
    });
    await table.write(remove(id, 3_000));
    expect(await table.write(put(id, 4_000, { ifAbsent: true }))).toMatchObject({ outcome: "created" });
  });

  test("with ifVersion applies at that version only", async () => {
    const id = newId();
    expect(await refused(put(id, 1_000, { ifVersion: 1 }))).toEqual({ kind: "conflict", product: undefined });
    await table.write(put(id, 1_000));
    expect(await refused(put(id, 2_000, { ifVersion: 2 }))).toMatchObject({
      kind: "conflict",
      product: { version: 1 },
    });
    expect(await table.write(put(id, 2_000, { ifVersion: 1 }))).toMatchObject({ product: { version: 2 } });
  });

  test("after a delete creates the product anew, and its version goes on", async () => {
    const id = newId();
    await table.write(put(id, 1_000));
    await table.write(remove(id, 2_000));
    const outcome = await table.write(put(id, 3_000));
    expect(outcome).toMatchObject({ kind: "applied", outcome: "created", product: { version: 3 } });
    expect(await item(id)).not.toHaveProperty("deletedAt");
    expect(await item(id)).not.toHaveProperty("expiresAt");
  });

  test("older than the delete that came before it does not resurrect the product", async () => {
    const id = newId();
    await table.write(put(id, 1_000));
    await table.write(remove(id, 3_000));
    expect(await refused(put(id, 2_000))).toEqual({ kind: "superseded", product: undefined });
    expect(await table.get(id)).toBeUndefined();
  });

  test("too large by its own fields is refused before any call", async () => {
    const calls: string[] = [];
    const counting = tableWith({
      update: (command) => {
        calls.push("update");
        return tableCalls(backend.dynamo).update(command);
      },
    });
    const id = newId();
    const attributes = { text: "x".repeat(LIMITS.itemBytes) };
    const product = { id, name: "Huge", price: 1, attributes };
    expect(await counting.write(put(id, 1_000, { product }))).toEqual({ kind: "too-large" });
    expect(calls).toEqual([]);
  });
});

describe("update", () => {
  test("changes the fields it names, removes those it nulls, and leaves the others", async () => {
    const id = newId();
    const product = { id, name: "A", price: 1, description: "old", attributes: { a: [1, { b: null }] } };
    await table.write(put(id, 1_000, { product }));
    const outcome = await table.write(update(id, 2_000, { changes: { price: 0.0001, description: null } }));
    const stored = await table.get(id);
    expect(outcome).toEqual({ kind: "applied", outcome: "updated", product: stored });
    expect(stored).toMatchObject({ name: "A", price: 0.0001, attributes: product.attributes, version: 2 });
    expect(stored).not.toHaveProperty("description");
  });

  test("of a product that does not exist, or was deleted, finds none and creates none", async () => {
    const id = newId();
    expect(await refused(update(id, 1_000))).toEqual({ kind: "missing" });
    await table.write(put(id, 2_000));
    await table.write(remove(id, 3_000));
    expect(await refused(update(id, 4_000))).toEqual({ kind: "missing" });
    expect(await refused(update(id, 2_500))).toEqual({ kind: "superseded", product: undefined });
  });

  test("at another version is a conflict, of an older time superseded, again replayed", async () => {
    const id = newId();
    await table.write(put(id, 1_000));
    const write = update(id, 2_000, { ifVersion: 1 });
    expect(await refused(update(id, 2_000, { ifVersion: 7 }))).toMatchObject({ kind: "conflict" });
    expect(await table.write(write)).toMatchObject({ kind: "applied", product: { version: 2 } });
    expect(await refused(write)).toMatchObject({
      kind: "replayed",
      outcome: "updated",
      product: { version: 2 },
    });
    expect(await refused(update(id, 1_500))).toMatchObject({ kind: "superseded", product: { version: 2 } });
  });

  test("that makes the item too large is refused by the table and changes nothing", async () => {
    const id = newId();
    const half = "x".repeat(LIMITS.itemBytes - 40_000);
    await table.write(put(id, 1_000, { product: { id, name: "A", price: 1, attributes: { half } } }));
    const write = update(id, 2_000, { changes: { description: "y".repeat(60_000) } });
    expect(await refused(write)).toEqual({ kind: "too-large" });
  });
});

describe("delete", () => {
  test("leaves a tombstone that expires after any message could still arrive", async () => {
    const id = newId();
    await table.write(
      put(id, 1_000, { product: { id, name: "A", price: 1, description: "d", attributes: {} } }),
    );
    const write = remove(id, 2_000);
    expect(await table.write(write)).toEqual({ kind: "applied", outcome: "deleted" });
    const left = (await item(id)) as Item;
    expect(left).toEqual({
      id,
      version: 2,
      writeTime: 2_000,
      writeId: write.writeId,
      deletedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      expiresAt: expect.any(Number),
    });
    const days = ((left.expiresAt ?? 0) - Date.now() / 1000) / 86_400;
    expect(days).toBeGreaterThan(14 * 3);
    expect(await table.get(id)).toBeUndefined();
  });

  test("again is replayed; of none it is missing; older it is superseded; at another version a conflict", async () => {
    const id = newId();
    expect(await refused(remove(id, 1_000))).toEqual({ kind: "missing" });
    await table.write(put(id, 2_000));
    expect(await refused(remove(id, 1_000))).toMatchObject({ kind: "superseded", product: { version: 1 } });
    expect(await refused(remove(id, 3_000, { ifVersion: 9 }))).toMatchObject({ kind: "conflict" });
    const write = remove(id, 3_000, { ifVersion: 1 });
    await table.write(write);
    expect(await refused(write)).toEqual({ kind: "replayed", outcome: "deleted" });
    expect(await refused(remove(id, 4_000))).toEqual({ kind: "missing" });
  });
});

describe("writes of the same time", () => {
  test("are applied in the order they come, each once, however often they come again", async () => {
    const id = newId();
    const [a, b, c] = [put(id, 1_000, { price: 1 }), update(id, 1_000), put(id, 1_000, { price: 3 })];
    await table.write(a);
    expect(await table.write(b)).toMatchObject({
      kind: "applied",
      outcome: "updated",
      product: { version: 2 },
    });
    expect(await refused(a)).toMatchObject({ kind: "superseded", product: { price: 5 } });
    expect(await table.write(c)).toMatchObject({
      kind: "applied",
      outcome: "replaced",
      product: { version: 3 },
    });
    expect(await refused(a)).toMatchObject({ kind: "superseded" });
    expect(await refused(b)).toMatchObject({ kind: "superseded", product: { price: 3 } });
    expect(await refused(c)).toMatchObject({ kind: "replayed" });
  });

  test("are subject to ifVersion, ifAbsent and existence like others", async () => {
    const id = newId();
    await table.write(put(id, 1_000));
    expect(await refused(put(id, 1_000, { ifAbsent: true }))).toMatchObject({ kind: "conflict" });
    expect(await refused(update(id, 1_000, { ifVersion: 2 }))).toMatchObject({ kind: "conflict" });
    expect(await table.write(remove(id, 1_000, { ifVersion: 1 }))).toMatchObject({ outcome: "deleted" });
    expect(await refused(update(id, 1_000))).toEqual({ kind: "missing" });
    expect(await table.write(put(id, 1_000))).toMatchObject({ outcome: "created", product: { version: 3 } });
  });

  test("are forgotten by a write of a newer time", async () => {
    const id = newId();
    await table.write(put(id, 1_000));
    await table.write(put(id, 1_000));
    expect((await item(id))?.tiedWrites).toHaveLength(1);
    await table.write(put(id, 1_001));
    expect(await item(id)).not.toHaveProperty("tiedWrites");
  });
});

test("a write costs one UpdateItem and no read; only one that meets an item of its own time costs a second", async () => {
  const calls: string[] = [];
  const through = tableCalls(backend.dynamo);
  const counting = tableWith({
    update: (command) => {
      calls.push("UpdateItem");
      return through.update(command);
    },
    batchGet: (command) => {
      calls.push("BatchGetItem");
      return through.batchGet(command);
    },
  });
  const id = newId();
  await counting.write(put(id, 1_000));
  await counting.write(update(id, 2_000));
  await counting.write(put(id, 3_000));
  await counting.write(remove(id, 4_000));
  expect(calls).toEqual(["UpdateItem", "UpdateItem", "UpdateItem", "UpdateItem"]);
  await counting.write(put(id, 4_000));
  expect(calls.filter((call) => call === "UpdateItem")).toHaveLength(6);
});

test("an item that others wrote without bookkeeping is read, and is older than any write", async () => {
  const id = newId();
  await backend.dynamo.send(new PutCommand({ TableName: name, Item: { id, name: "Foreign", price: 3 } }));
  expect(await table.get(id)).toMatchObject({ id, name: "Foreign", price: 3, version: 1 });
  expect(await table.write(update(id, 1))).toMatchObject({ kind: "applied", outcome: "updated" });
});

describe("reads", () => {
  test("of everything in flight share calls of at most 100 keys, and no key is in a call twice", async () => {
    const ids = Array.from({ length: 130 }, newId);
    await Promise.all(ids.slice(0, 120).map((id) => table.write(put(id, 1_000))));
    const sizes: number[] = [];
    const through = tableCalls(backend.dynamo);
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
      await table.write(put(id, 1_000, { product: { id, name: "Big", price: 1, attributes } }));
    }
    const found = await Promise.all(ids.map((id) => table.get(id)));
    expect(found.map((product) => product?.id)).toEqual(ids);
  });
});

describe("list", () => {
  const sizeOf = (part: StoredProduct | string) => JSON.stringify(part).length;
  let listed: ProductTable;
  let ids: string[];

  beforeAll(async () => {
    const own = await backend.table();
    listed = new ProductTable({
      table: own,
      calls: tableCalls(backend.dynamo),
      now: Date.now,
      scheduleReads: setImmediate,
    });
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
