import type { Product, StoredProduct } from "../../src/contract/product.ts";
import type { Request } from "../../src/contract/request.ts";
import type { ResultData } from "../../src/contract/result.ts";

/** A stored product but for the two times that only the worker's clock knows. */
export type ModelProduct = Omit<StoredProduct, "createdAt" | "updatedAt">;

interface Entry {
  product: ModelProduct | undefined;
  version: number;
  writeTime: number;
  /** Requests applied at `writeTime`, the last one last. */
  applied: string[];
  /** What the last one was answered with. */
  outcome: string;
}

/** What a request must be answered with; of a page of products only that it is one. */
export type Expected = {
  status: string;
  outcome?: string;
  code?: string;
  replayed?: true;
  product?: ModelProduct;
};

/**
 * The contract as a plain map in memory, written without a look at how the worker does it: one request after
 * another, in the order the queue delivers them.
 */
export class Model {
  readonly #entries = new Map<string, Entry>();

  /** @param writeTime when the request was made, epoch ms */
  answer(request: Request, writeTime: number): Expected {
    switch (request.type) {
      case "product.list":
        return { status: "ok", outcome: "listed" };
      case "product.get": {
        const product = this.#entries.get(request.data.id)?.product;
        return product
          ? { status: "ok", outcome: "found", product }
          : { status: "failed", code: "NOT_FOUND" };
      }
      default:
        return this.#write(request, writeTime);
    }
  }

  #write(request: Exclude<Request, { type: "product.list" | "product.get" }>, writeTime: number): Expected {
    const id = request.type === "product.put" ? request.data.product.id : request.data.id;
    const name = JSON.stringify([request.source, request.id]);
    const entry = this.#entries.get(id);
    const product = entry?.product;
    const current = product && { product };
    if (entry?.applied.at(-1) === name) {
      return { status: "ok", outcome: entry.outcome, replayed: true, ...current };
    }
    const later = entry && (entry.writeTime > writeTime || entry.applied.includes(name));
    if (later) return { status: "failed", code: "SUPERSEDED", ...current };
    if (!product && request.type !== "product.put") return { status: "failed", code: "NOT_FOUND" };
    const { ifVersion } = request.data;
    const absent = request.type === "product.put" && request.data.ifAbsent;
    if ((ifVersion !== undefined && ifVersion !== product?.version) || (absent && product)) {
      return { status: "failed", code: "CONFLICT", ...current };
    }
    const version = (entry?.version ?? 0) + 1;
    const next = after(request, product, version);
    const tied = entry?.writeTime === writeTime ? entry.applied : [];
    const outcome = outcomeOf(request, !product);
    this.#entries.set(id, { product: next, version, writeTime, applied: [...tied, name], outcome });
    return { status: "ok", outcome, ...(next && { product: next }) };
  }

  /** What the table must hold at the end. */
  products(): Map<string, ModelProduct> {
    const products = new Map<string, ModelProduct>();
    for (const [id, { product }] of this.#entries) if (product) products.set(id, product);
    return products;
  }
}

function outcomeOf(request: Request, created: boolean): string {
  if (request.type === "product.put") return created ? "created" : "replaced";
  return request.type === "product.update" ? "updated" : "deleted";
}

function after(
  request: Request,
  product: ModelProduct | undefined,
  version: number,
): ModelProduct | undefined {
  if (request.type === "product.put") return { ...request.data.product, version };
  if (request.type !== "product.update" || !product) return undefined;
  const changed = Object.entries({ ...product, ...request.data.changes, version });
  return Object.fromEntries(
    changed.filter(([, value]) => value !== null && value !== undefined),
  ) as ModelProduct;
}

/** A result as the model would say it. */
export function expectedForm(data: ResultData): Expected {
  const product = "product" in data && data.product ? { product: withoutTimes(data.product) } : {};
  if (data.status === "failed") return { status: "failed", code: data.error.code, ...product };
  const replayed = "replayed" in data && data.replayed ? { replayed: true as const } : {};
  return { status: "ok", outcome: data.outcome, ...replayed, ...product };
}

export function withoutTimes(product: StoredProduct | (Product & { version: number })): ModelProduct {
  const { createdAt: _, updatedAt: __, ...rest } = product as StoredProduct;
  return rest;
}
