import {
  ConditionalCheckFailedException,
  ScanCommand,
  type ScanCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { LIMITS } from "../contract/limits.ts";
import type { StoredProduct } from "../contract/product.ts";
import type { Caller, TableCalls } from "./calls.ts";
import { explain } from "./explain.ts";
import { type Basis, updateOf, type Write } from "./expressions.ts";
import { afterPut, afterUpdate, type Item, isLive, itemBytes, itemOf, productOf } from "./item.ts";
import { batchedReads } from "./reads.ts";
import { tiedWith } from "./ties.ts";

/** What became of a write. Nothing but `applied` has changed the table. */
export type WriteOutcome =
  | { kind: "applied" | "replayed"; outcome: "created" | "replaced" | "updated"; product: StoredProduct }
  | { kind: "applied" | "replayed"; outcome: "deleted" }
  | { kind: "superseded" | "conflict"; product?: StoredProduct | undefined }
  | { kind: "missing" }
  | { kind: "too-large" };

/** A page of products in the table's own order. */
export interface Page {
  products: StoredProduct[];
  /** Ids of products that alone exceed `bytes`. */
  omitted: string[];
  /** The id to go on after; absent where the table is at its end. */
  after?: string;
}

export interface ProductTableOptions {
  table: string;
  calls: TableCalls;
  /** Epoch ms. */
  now: () => number;
  /** When collected reads are to be sent (see `batchedReads`). */
  scheduleReads: (flush: () => void) => void;
}

/** How often a write is tried whose item keeps changing under it. */
const TRIES = 10;
/** Scan calls spent on one page: tombstones and small pages must not make one request endless. */
const SCANS_A_PAGE = 20;
/** After the first, a scan reads at least so many items, so that runs of tombstones pass quickly. */
const SCAN_LEAST = 100;

export class ProductTable {
  readonly #options: ProductTableOptions;
  readonly #read: (id: string) => Promise<Item | undefined>;

  constructor(options: ProductTableOptions) {
    this.#options = options;
    const { table, calls, scheduleReads } = options;
    this.#read = batchedReads(table, (command) => calls.batchGet(command), scheduleReads);
  }

  /**
   * Reads one product, strongly consistent.
   * @returns undefined where it does not exist or was deleted
   */
  async get(id: string): Promise<StoredProduct | undefined> {
    return productOf(await this.#read(id));
  }

  /**
   * Applies a write unless something stands against it: one conditional UpdateItem, and a second only where
   * the last write of the product bears the same time.
   * @throws what the calls throw, other than a failed condition and an item too large
   */
  async write(write: Write, caller?: Caller): Promise<WriteOutcome> {
    if (isTooLarge(write)) return { kind: "too-large" };
    let basis: Basis = { kind: "newer" };
    for (let tries = 0; tries < TRIES; tries++) {
      const now = this.#options.now();
      const attempt = await this.#attempt(write, basis, now, caller);
      if (attempt.kind === "too-large") return attempt;
      if (attempt.kind === "applied") return applied(write, attempt.old, new Date(now).toISOString());
      const item = attempt.old ?? (await this.#read(write.id));
      const why = explain(write, item);
      switch (why) {
        case "replayed":
          return replayed(write, item);
        case "superseded":
        case "conflict":
          return { kind: why, product: productOf(item) };
        case "missing":
          return { kind: "missing" };
        case "tied":
          basis = tiedBasis(item);
          break;
        case "clear":
          basis = { kind: "newer" };
          break;
        default:
          why satisfies never;
      }
    }
    throw new Error(
      `a write of product ${JSON.stringify(write.id)} met another change ${TRIES} times in a row`,
    );
  }

  async #attempt(
    write: Write,
    basis: Basis,
    now: number,
    caller: Caller | undefined,
  ): Promise<{ kind: "applied" | "refused"; old: Item | undefined } | { kind: "too-large" }> {
    const { table, calls } = this.#options;
    try {
      const output = await calls.update(new UpdateItemCommand(updateOf(table, write, basis, now)), caller);
      return { kind: "applied", old: itemOf(output.Attributes) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        // Absent where there was no item, and on backends that do not return it.
        return { kind: "refused", old: itemOf(error.Item) };
      }
      if (saysItemTooLarge(error)) return { kind: "too-large" };
      throw error;
    }
  }

  /**
   * Reads a page of products; tombstones are passed over. Strongly consistent, page by page: a list never
   * lacks what was answered before it was asked for, at twice the read units.
   * @param limit products at most
   * @param after the id the page before ended with
   * @param bytes what the page's products may take, by `sizeOf`, at most
   */
  async list(
    limit: number,
    after: string | undefined,
    bytes: number,
    sizeOf: (part: StoredProduct | string) => number,
    caller?: Caller,
  ): Promise<Page> {
    const page: Page = { products: [], omitted: [] };
    let room = bytes;
    let at = after;
    for (let scans = 0; scans < SCANS_A_PAGE; scans++) {
      const output = await this.#scan(at, limit - page.products.length, scans, caller);
      for (const attributes of output.Items ?? []) {
        const product = productOf(itemOf(attributes));
        if (!product) continue;
        const size = sizeOf(product);
        const fits = size <= bytes;
        const cost = fits ? size : sizeOf(product.id);
        const full = page.products.length === limit || cost > room;
        if (full) return at === undefined ? page : { ...page, after: at };
        if (fits) page.products.push(product);
        else page.omitted.push(product.id);
        room -= cost;
        at = product.id;
      }
      const last = output.LastEvaluatedKey?.id?.S;
      if (last === undefined) return page;
      at = last;
      if (page.products.length === limit) break;
    }
    return at === undefined ? page : { ...page, after: at };
  }

  #scan(
    after: string | undefined,
    wanted: number,
    scans: number,
    caller: Caller | undefined,
  ): Promise<ScanCommandOutput> {
    const { table, calls } = this.#options;
    return calls.scan(
      new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        Limit: scans === 0 ? wanted : Math.max(wanted, SCAN_LEAST),
        FilterExpression: "attribute_not_exists(deletedAt)",
        ...(after !== undefined && { ExclusiveStartKey: { id: { S: after } } }),
      }),
      caller,
    );
  }
}

function isTooLarge(write: Write): boolean {
  if (write.kind === "delete") return false;
  return itemBytes(write.kind === "put" ? write.product : write.changes) > LIMITS.itemBytes;
}

// "Item size has exceeded the maximum allowed size", "Item size to update has exceeded the …".
function saysItemTooLarge(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === "ValidationException" &&
    /item size.*exceeded the maximum allowed size/i.test(error.message)
  );
}

function applied(write: Write, old: Item | undefined, at: string): WriteOutcome {
  if (write.kind === "delete") return { kind: "applied", outcome: "deleted" };
  if (write.kind === "put") {
    const outcome = isLive(old) ? "replaced" : "created";
    return { kind: "applied", outcome, product: afterPut(write.product, old, at) };
  }
  const product = old && afterUpdate(write.changes, old, at);
  if (!product) throw new Error("DynamoDB applied an update and returned no old item with it");
  return { kind: "applied", outcome: "updated", product };
}

function replayed(write: Write, item: Item | undefined): WriteOutcome {
  const product = productOf(item);
  if (!product) return { kind: "replayed", outcome: "deleted" };
  if (write.kind === "update") return { kind: "replayed", outcome: "updated", product };
  // A put that created the product is the only write after which both times are the same.
  const outcome = product.createdAt === product.updatedAt ? "created" : "replaced";
  return { kind: "replayed", outcome, product };
}

function tiedBasis(item: Item | undefined): Basis {
  const { version = 0, tiedWrites, writeId = "" } = item ?? {};
  return { kind: "tied", version, tiedWrites: tiedWith(tiedWrites, writeId) };
}
