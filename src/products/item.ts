import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { utf8Bytes } from "../contract/json.ts";
import type { Changes, Product, StoredProduct } from "../contract/product.ts";
import { fromAttributes } from "./attributes.ts";

/** How long a delete is remembered: longer than a message can live through retention, dead letter and redrive. */
const TOMBSTONE_DAYS = 60;

/**
 * An item as the table holds it: a product, or the tombstone of a deleted one (then with `deletedAt` and
 * `expiresAt` and without the product's fields). Items that others wrote may lack what the system sets.
 */
export interface Item {
  id: string;
  name?: string | undefined;
  price?: number | undefined;
  description?: string | undefined;
  attributes?: StoredProduct["attributes"] | undefined;
  createdAt?: string;
  updatedAt?: string;
  version?: number;
  /** Epoch ms of the request last applied. */
  writeTime?: number;
  /** Which request that was (see `writeId`). */
  writeId?: string;
  /** Digests of the requests of the same `writeTime` applied before it: see `ties.ts`. */
  tiedWrites?: string[];
  deletedAt?: string;
  /** Epoch seconds: DynamoDB's TTL attribute. */
  expiresAt?: number;
}

/** An item as DynamoDB's API gives it; undefined where it gives none. */
export function itemOf(attributes: Record<string, AttributeValue>): Item;
export function itemOf(attributes: Record<string, AttributeValue> | undefined): Item | undefined;
export function itemOf(attributes: Record<string, AttributeValue> | undefined): Item | undefined {
  return attributes ? (fromAttributes(attributes) as unknown as Item) : undefined;
}

export function isLive(item: Item | undefined): item is Item {
  return item !== undefined && item.deletedAt === undefined;
}

/** The product in an item, or undefined where there is none or only its tombstone. */
export function productOf(item: Item | undefined): StoredProduct | undefined {
  if (!isLive(item)) return undefined;
  // Items written by others may lack the system's fields: they read as version 1 of an unknown date.
  const createdAt = item.createdAt ?? "1970-01-01T00:00:00.000Z";
  return {
    id: item.id,
    name: item.name ?? "",
    price: item.price ?? 0,
    ...(item.description !== undefined && { description: item.description }),
    ...(item.attributes !== undefined && { attributes: item.attributes }),
    version: item.version ?? 1,
    createdAt,
    updatedAt: item.updatedAt ?? createdAt,
  };
}

/** What a put of `product` leaves in the table where `old` was before. */
export function afterPut(product: Product, old: Item | undefined, now: string): StoredProduct {
  return { ...product, version: (old?.version ?? 0) + 1, createdAt: old?.createdAt ?? now, updatedAt: now };
}

/** What an update leaves in the table where `old` was before; `null` removes. */
export function afterUpdate(changes: Changes, old: Item, now: string): StoredProduct | undefined {
  // A default stands in for undefined only: null stays.
  const { name = old.name, price = old.price } = changes;
  const { description = old.description, attributes = old.attributes } = changes;
  return productOf({
    ...old,
    name,
    price,
    description: description ?? undefined,
    attributes: attributes ?? undefined,
    version: (old.version ?? 0) + 1,
    createdAt: old.createdAt ?? now,
    updatedAt: now,
  });
}

/** When a tombstone made at `now` (epoch ms) expires, epoch seconds. */
export function tombstoneExpiry(now: number): number {
  return Math.ceil(now / 1000) + TOMBSTONE_DAYS * 24 * 60 * 60;
}

/**
 * The bytes a product's own fields take in an item, by DynamoDB's rule ("Item sizes and formats"): UTF-8 of
 * names and strings, about a byte for two digits of a number, 1 for true, false and null, and 3 for a list or
 * map with 1 for each element.
 */
export function itemBytes(fields: Product | Changes): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(fields)) bytes += name.length + valueBytes(value);
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === "string") return utf8Bytes(value);
  if (typeof value === "number") return numberBytes(value);
  if (typeof value !== "object" || value === null) return 1;
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const element of value) bytes += 1 + valueBytes(element);
  } else {
    for (const [key, element] of Object.entries(value)) bytes += 1 + utf8Bytes(key) + valueBytes(element);
  }
  return bytes;
}

function numberBytes(value: number): number {
  const digits = String(Math.abs(value))
    .replace(/e.*$/, "")
    .replace(".", "")
    .replace(/^0+|0+$/g, "");
  return Math.ceil(digits.length / 2) + 1 + (value < 0 ? 1 : 0);
}
