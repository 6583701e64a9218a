import type { Delete, Put, Update } from "../../src/products/expressions.ts";

let made = 0;

/** A product id that no other test has. */
export const newId = () => `product-${++made}`;

export function put(id: string, writeTime: number, more: Partial<Put> & { price?: number } = {}): Put {
  const { price = 9.99, ...rest } = more;
  const product = { id, name: "Lamp", price };
  return { kind: "put", id, product, writeTime, writeId: `put ${id} ${++made}`, ifAbsent: false, ...rest };
}

export function update(id: string, writeTime: number, more: Partial<Update> = {}): Update {
  return { kind: "update", id, changes: { price: 5 }, writeTime, writeId: `update ${++made}`, ...more };
}

export function remove(id: string, writeTime: number, more: Partial<Delete> = {}): Delete {
  return { kind: "delete", id, writeTime, writeId: `delete ${++made}`, ...more };
}
