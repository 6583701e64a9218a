import { readCursor, writeCursor } from "../contract/cursor.ts";
import { writeId } from "../contract/identity.ts";
import { LIMITS } from "../contract/limits.ts";
import type { StoredProduct } from "../contract/product.ts";
import type { ListRequest, Request } from "../contract/request.ts";
import type { ErrorCode, FailedData, Issue, ResultData } from "../contract/result.ts";
import type { Write } from "../products/expressions.ts";
import type { ProductTable, WriteOutcome } from "../products/table.ts";
import type { Lease } from "./lease.ts";

/** What a page of products may take of a result, and how that is counted. */
export interface PageRoom {
  bytes: number;
  sizeOf: (part: StoredProduct | string) => number;
}

/**
 * Request to result: the only place that knows what each request type does.
 * @param writeTime epoch ms
 * @param room asked for where a page is made, and only there
 * @param lease of the request's message: once it is lost, nothing more is written for it
 * @throws what the table throws
 */
export async function handle(
  request: Request,
  writeTime: number,
  table: ProductTable,
  room: () => PageRoom,
  lease: Lease,
): Promise<ResultData> {
  switch (request.type) {
    case "product.get": {
      const product = await table.get(request.data.id);
      return product ? { status: "ok", outcome: "found", product } : notFound(request.data.id);
    }
    case "product.list":
      return list(request, table, room(), lease);
    case "product.put":
    case "product.update":
    case "product.delete": {
      const write = writeOf(request, writeTime);
      return written(write, await table.write(write, lease));
    }
    default:
      return request satisfies never;
  }
}

function writeOf(
  request: Exclude<Request, { type: "product.get" | "product.list" }>,
  writeTime: number,
): Write {
  const named = { writeTime, writeId: writeId(request), ifVersion: request.data.ifVersion };
  switch (request.type) {
    case "product.put": {
      const { product, ifAbsent = false } = request.data;
      return { kind: "put", id: product.id, product, ifAbsent, ...named };
    }
    case "product.update":
      return { kind: "update", id: request.data.id, changes: request.data.changes, ...named };
    case "product.delete":
      return { kind: "delete", id: request.data.id, ...named };
    default:
      return request satisfies never;
  }
}

function written(write: Write, done: WriteOutcome): ResultData {
  switch (done.kind) {
    case "applied":
    case "replayed": {
      const replayed = done.kind === "replayed" && ({ replayed: true } as const);
      return done.outcome === "deleted"
        ? { status: "ok", outcome: "deleted", ...replayed }
        : { status: "ok", outcome: done.outcome, product: done.product, ...replayed };
    }
    case "superseded":
      return failed("SUPERSEDED", "A later write of this product has been applied.", done.product);
    case "conflict":
      return failed("CONFLICT", conflictMessage(write, done.product), done.product);
    case "missing":
      return notFound(write.id);
    case "too-large":
      return failed(
        "TOO_LARGE",
        `The product would take more than ${LIMITS.itemBytes / 1024} KB in the table.`,
      );
    default:
      return done satisfies never;
  }
}

function conflictMessage(write: Write, current: StoredProduct | undefined): string {
  if (!current) return `ifVersion is ${write.ifVersion}, and there is no such product.`;
  if (write.kind === "put" && write.ifAbsent) {
    return `ifAbsent is true, and the product exists at version ${current.version}.`;
  }
  return `ifVersion is ${write.ifVersion}, and the product is at version ${current.version}.`;
}

async function list(
  request: ListRequest,
  table: ProductTable,
  room: PageRoom,
  lease: Lease,
): Promise<ResultData> {
  const { limit = LIMITS.listDefault, cursor } = request.data;
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const page = await table.list(limit, after, room.bytes, room.sizeOf, lease);
  return {
    status: "ok",
    outcome: "listed",
    products: page.products,
    ...(page.omitted.length > 0 && { omitted: page.omitted }),
    ...(page.after !== undefined && { cursor: writeCursor(page.after) }),
  };
}

function notFound(id: string): FailedData {
  return failed("NOT_FOUND", `There is no product ${JSON.stringify(id)}.`);
}

function failed(code: ErrorCode, message: string, product?: StoredProduct): FailedData {
  return { status: "failed", error: { code, message }, ...(product && { product }) };
}

/** The result of a request that does not fit the contract. */
export function invalid(issues: Issue[]): FailedData {
  const message = issues.length === 1 ? "1 problem, see issues." : `${issues.length} problems, see issues.`;
  return { status: "failed", error: { code: "INVALID_REQUEST", message, issues } };
}

/** The result of a request whose every delivery attempt failed. */
export function gaveUp(attempts: number): FailedData {
  return failed(
    "GAVE_UP",
    `All ${attempts} attempts failed; the request is in the dead-letter queue. Whether it was applied is unknown.`,
  );
}
