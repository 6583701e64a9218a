import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../src/contract/limits.ts";
import type { StoredProduct } from "../../src/contract/product.ts";
import { type TableCalls, tableCalls } from "../../src/products/calls.ts";
import type { Write } from "../../src/products/expressions.ts";
import type { Item } from "../../src/products/item.ts";
import { tableOver, useTable } from "../support/table.ts";
import { newId, put, remove, update } from "../support/writes.ts";

const own = useTable();
const tableWith = (calls: Partial<TableCalls>) => tableOver(own.backend, own.name, calls);

async function item(id: string): Promise<Item | undefined> {
  const { Item: found } = await own.backend.dynamo.send(
    new GetCommand({ TableName: own.name, Key: { id }, ConsistentRead: true }),
  );
  return found as Item | undefined;
}

/** A write that must not change the item, whatever it is answered with. */
async function refused(write: Write): Promise<unknown> {
  const before = await item(write.id);
  const outcome = await own.table.write(write);
  expect(await item(write.id)).toEqual(before);
  return outcome;
}

describe("put", () => {
  test("creates a product at version 1, with the bookkeeping of its write", async () => {
    const write = put(newId(), 1_000);
    const outcome = await own.table.write(write);
    const stored = await own.table.get(write.id);
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
    await own.table.write(first);
    const created = await own.table.get(id);
    const outcome = await own.table.write(put(id, 2_000));
    const stored = (await own.table.get(id)) as StoredProduct;
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
    await own.table.write(put(id, 2_000, { price: 2 }));
    expect(await refused(put(id, 1_999))).toEqual({ kind: "superseded", product: await own.table.get(id) });
  });

  test("again is replayed: nothing changes, and the outcome is the first one's", async () => {
    const id = newId();
    const [create, replace] = [put(id, 1_000), put(id, 2_000)];
    await own.table.write(create);
    expect(await refused(create)).toMatchObject({
      kind: "replayed",
      outcome: "created",
      product: { version: 1 },
    });
    await own.table.write(replace);
    expect(await refused(replace)).toMatchObject({
      kind: "replayed",
      outcome: "replaced",
      product: { version: 2 },
    });
    expect(await refused(create)).toMatchObject({ kind: "superseded", product: { version: 2 } });
  });

  test("with ifAbsent is a conflict while the product exists", async () => {
    const id = newId();
    await own.table.write(put(id, 1_000, { ifAbsent: true }));
    expect(await refused(put(id, 2_000, { ifAbsent: true }))).toEqual({
      kind: "conflict",
      product: await own.table.get(id),
    });
    await own.table.write(remove(id, 3_000));
    expect(await own.table.write(put(id, 4_000, { ifAbsent: true }))).toMatchObject({ outcome: "created" });
  });

  test("with ifVersion applies at that version only", async () => {
    const id = newId();
    expect(await refused(put(id, 1_000, { ifVersion: 1 }))).toEqual({ kind: "conflict", product: undefined });
    await own.table.write(put(id, 1_000));
    expect(await refused(put(id, 2_000, { ifVersion: 2 }))).toMatchObject({
      kind: "conflict",
      product: { version: 1 },
    });
    expect(await own.table.write(put(id, 2_000, { ifVersion: 1 }))).toMatchObject({
      product: { version: 2 },
    });
  });

  test("after a delete creates the product anew, and its version goes on", async () => {
    const id = newId();
    await own.table.write(put(id, 1_000));
    await own.table.write(remove(id, 2_000));
    const outcome = await own.table.write(put(id, 3_000));
    expect(outcome).toMatchObject({ kind: "applied", outcome: "created", product: { version: 3 } });
    expect(await item(id)).not.toHaveProperty("deletedAt");
    expect(await item(id)).not.toHaveProperty("expiresAt");
  });

  test("older than the delete that came before it does not resurrect the product", async () => {
    const id = newId();
    await own.table.write(put(id, 1_000));
    await own.table.write(remove(id, 3_000));
    expect(await refused(put(id, 2_000))).toEqual({ kind: "superseded", product: undefined });
    expect(await own.table.get(id)).toBeUndefined();
  });

  test("too large by its own fields is refused before any call", async () => {
    const calls: string[] = [];
    const counting = tableWith({
      update: (command) => {
        calls.push("update");
        return tableCalls(own.backend.dynamo).update(command);
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
    await own.table.write(put(id, 1_000, { product }));
    const outcome = await own.table.write(
      update(id, 2_000, { changes: { price: 0.0001, description: null } }),
    );
    const stored = await own.table.get(id);
    expect(outcome).toEqual({ kind: "applied", outcome: "updated", product: stored });
    expect(stored).toMatchObject({ name: "A", price: 0.0001, attributes: product.attributes, version: 2 });
    expect(stored).not.toHaveProperty("description");
  });

  test("of a product that does not exist, or was deleted, finds none and creates none", async () => {
    const id = newId();
    expect(await refused(update(id, 1_000))).toEqual({ kind: "missing" });
    await own.table.write(put(id, 2_000));
    await own.table.write(remove(id, 3_000));
    expect(await refused(update(id, 4_000))).toEqual({ kind: "missing" });
    expect(await refused(update(id, 2_500))).toEqual({ kind: "superseded", product: undefined });
  });

  test("at another version is a conflict, of an older time superseded, again replayed", async () => {
    const id = newId();
    await own.table.write(put(id, 1_000));
    const write = update(id, 2_000, { ifVersion: 1 });
    expect(await refused(update(id, 2_000, { ifVersion: 7 }))).toMatchObject({ kind: "conflict" });
    expect(await own.table.write(write)).toMatchObject({ kind: "applied", product: { version: 2 } });
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
    await own.table.write(put(id, 1_000, { product: { id, name: "A", price: 1, attributes: { half } } }));
    const write = update(id, 2_000, { changes: { description: "y".repeat(60_000) } });
    expect(await refused(write)).toEqual({ kind: "too-large" });
  });
});

describe("delete", () => {
  test("leaves a tombstone that expires after any message could still arrive", async () => {
    const id = newId();
    await own.table.write(
      put(id, 1_000, { product: { id, name: "A", price: 1, description: "d", attributes: {} } }),
    );
    const write = remove(id, 2_000);
    expect(await own.table.write(write)).toEqual({ kind: "applied", outcome: "deleted" });
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
    expect(await own.table.get(id)).toBeUndefined();
  });

  test("again is replayed; of none it is missing; older it is superseded; at another version a conflict", async () => {
    const id = newId();
    expect(await refused(remove(id, 1_000))).toEqual({ kind: "missing" });
    await own.table.write(put(id, 2_000));
    expect(await refused(remove(id, 1_000))).toMatchObject({ kind: "superseded", product: { version: 1 } });
    expect(await refused(remove(id, 3_000, { ifVersion: 9 }))).toMatchObject({ kind: "conflict" });
    const write = remove(id, 3_000, { ifVersion: 1 });
    await own.table.write(write);
    expect(await refused(write)).toEqual({ kind: "replayed", outcome: "deleted" });
    expect(await refused(remove(id, 4_000))).toEqual({ kind: "missing" });
  });
});

describe("writes of the same time", () => {
  test("are applied in the order they come, each once, however often they come again", async () => {
    const id = newId();
    const [a, b, c] = [put(id, 1_000, { price: 1 }), update(id, 1_000), put(id, 1_000, { price: 3 })];
    await own.table.write(a);
    expect(await own.table.write(b)).toMatchObject({
      kind: "applied",
      outcome: "updated",
      product: { version: 2 },
    });
    expect(await refused(a)).toMatchObject({ kind: "superseded", product: { price: 5 } });
    expect(await own.table.write(c)).toMatchObject({
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
    await own.table.write(put(id, 1_000));
    expect(await refused(put(id, 1_000, { ifAbsent: true }))).toMatchObject({ kind: "conflict" });
    expect(await refused(update(id, 1_000, { ifVersion: 2 }))).toMatchObject({ kind: "conflict" });
    expect(await own.table.write(remove(id, 1_000, { ifVersion: 1 }))).toMatchObject({ outcome: "deleted" });
    expect(await refused(update(id, 1_000))).toEqual({ kind: "missing" });
    expect(await own.table.write(put(id, 1_000))).toMatchObject({
      outcome: "created",
      product: { version: 3 },
    });
  });

  test("are forgotten by a write of a newer time", async () => {
    const id = newId();
    await own.table.write(put(id, 1_000));
    await own.table.write(put(id, 1_000));
    expect((await item(id))?.tiedWrites).toHaveLength(1);
    await own.table.write(put(id, 1_001));
    expect(await item(id)).not.toHaveProperty("tiedWrites");
  });
});

test("a write costs one UpdateItem and no read; only one that meets an item of its own time costs a second", async () => {
  const calls: string[] = [];
  const through = tableCalls(own.backend.dynamo);
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
  await own.backend.dynamo.send(
    new PutCommand({ TableName: own.name, Item: { id, name: "Foreign", price: 3 } }),
  );
  expect(await own.table.get(id)).toMatchObject({ id, name: "Foreign", price: 3, version: 1 });
  expect(await own.table.write(update(id, 1))).toMatchObject({ kind: "applied", outcome: "updated" });
});
