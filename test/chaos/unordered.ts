import { isDeepStrictEqual } from "node:util";
import { resultId } from "../../src/contract/identity.ts";
import type { StoredProduct } from "../../src/contract/product.ts";
import type { Request } from "../../src/contract/request.ts";
import { type Result, result as resultSchema } from "../../src/contract/result.ts";
import type { Item } from "../../src/products/item.ts";
import type { Exchange } from "../../tools/demo/exchange.ts";
import { withoutTimes } from "../../tools/demo/model.ts";
import type { Sent } from "../../tools/demo/traffic.ts";
import { pick } from "../../tools/random.ts";

/*
 * On a standard queue the order is nobody's to say, so no model can foretell each result. The contract still
 * says how all of them must fit together: each write applied at most once, in an order of strictly newer times,
 * each version made of the one before, and the table where the last of them left it.
 */

const SOURCE = "/chaos";

/** Puts, updates and gets of distinct times, in any order, with some messages that nobody can read. */
export function unorderedTraffic(random: () => number, count: number, products: number): Sent[] {
  const start = Date.now() - 3_600_000;
  return Array.from({ length: count }, (_, n): Sent => {
    const productId = `product-${Math.floor(random() * products)}`;
    if (random() < 0.02)
      return { body: `unreadable ${n}`, productId, fate: { kind: "parked", reason: "NOT_JSON" } };
    const requestId = `request-${n}`;
    const type = pick(random, ["product.put", "product.put", "product.update", "product.get"] as const);
    const price = Math.floor(random() * 100_000) / 100;
    const data = {
      "product.put": { product: { id: productId, name: `Name ${n}`, price } },
      "product.update": { id: productId, changes: { price } },
      "product.get": { id: productId },
    }[type];
    const time = new Date(start + Math.floor(random() * 1_000_000) * 3 + (n % 3)).toISOString();
    const body = JSON.stringify({ specversion: "1.0", id: requestId, source: SOURCE, type, time, data });
    return { body, productId, fate: { kind: "answered", requestId, type, expected: { status: "any" } } };
  });
}

interface Applied {
  request: Request;
  product: StoredProduct;
}

/** What does not fit together: a line each. */
export function unorderedDifferences(
  messages: Sent[],
  { results, deadLetters }: Exchange,
  items: Item[],
): string[] {
  const found: string[] = [];
  const byId = Map.groupBy(results, ({ result }) => result.id);
  const requests = messages
    .filter(({ fate }) => fate.kind === "answered")
    .map(({ body }) => JSON.parse(body) as Request);
  const applied: Applied[] = [];
  for (const request of requests) {
    const got = (byId.get(resultId(request)) ?? []).map(({ result }) => result);
    if (got.length === 0) found.push(`request ${request.id} was not answered`);
    for (const result of got) {
      const difference = resultDifference(request, result);
      if (difference) found.push(`request ${request.id}: ${difference}`);
    }
    const first = got.find(({ data }) => data.status === "ok" && data.outcome !== "found");
    if (first && "product" in first.data && first.data.product)
      applied.push({ request, product: first.data.product });
  }
  const parked = new Set(deadLetters.map(({ Body }) => Body));
  const unreadable = messages.filter(({ fate }) => fate.kind === "parked").map(({ body }) => body);
  for (const body of unreadable) if (!parked.has(body)) found.push(`not among the dead letters: ${body}`);
  for (const body of parked)
    if (!unreadable.includes(body ?? "")) found.push(`must not be a dead letter: ${body}`);
  const byProduct = Map.groupBy(applied, ({ product }) => product.id);
  const table = new Map(items.map((item) => [item.id, item]));
  const puts = requests.filter(({ type }) => type === "product.put");
  for (const id of new Set([...byProduct.keys(), ...table.keys()])) {
    const superseded = requests
      .filter((request) => idOf(request) === id && wasSuperseded(byId, request))
      .map(timeOf);
    found.push(...historyDifferences(id, byProduct.get(id) ?? [], superseded, table.get(id)));
    const newest = Math.max(...puts.filter((put) => idOf(put) === id).map(timeOf));
    if ((table.get(id)?.writeTime ?? 0) < newest) found.push(`product ${id}: its newest put was not applied`);
  }
  return found;
}

function wasSuperseded(byId: Map<string, Exchange["results"]>, request: Request): boolean {
  const results = byId.get(resultId(request)) ?? [];
  return results.some(({ result: { data } }) => data.status === "failed" && data.error.code === "SUPERSEDED");
}

const idOf = ({ data }: Request) => ("product" in data ? data.product.id : "id" in data ? data.id : "");
const timeOf = ({ time }: Request) => Date.parse(time ?? "");

function resultDifference(request: Request, result: Result): string | undefined {
  const valid = resultSchema.safeParse(result);
  if (!valid.success) return `the result does not fit the contract: ${valid.error.message}`;
  const { data } = result;
  if (data.status === "ok") return undefined;
  const allowed = request.type === "product.put" ? ["SUPERSEDED"] : ["SUPERSEDED", "NOT_FOUND"];
  return allowed.includes(data.error.code) ? undefined : `answered ${data.error.code}`;
}

/**
 * One product's applied writes by version: 1, 2, 3 …, of ever newer times, each made of the one before. A version
 * may have no result of its own where its request was answered SUPERSEDED: applied unseen, and overtaken before it
 * was tried again.
 * @param superseded times of the requests so answered, epoch ms
 */
function historyDifferences(
  id: string,
  applied: Applied[],
  superseded: number[],
  item: Item | undefined,
): string[] {
  const found: string[] = [];
  const history = applied.toSorted((a, b) => a.product.version - b.product.version);
  let before: Applied | undefined;
  for (const write of history) {
    const { version } = write.product;
    const unseen = version - (before?.product.version ?? 0) - 1;
    const from = before ? timeOf(before.request) : Number.NEGATIVE_INFINITY;
    const between = superseded.filter((time) => time > from && time < timeOf(write.request));
    if (unseen < 0 || unseen > between.length) found.push(`product ${id}: version ${version} is out of turn`);
    if (before && timeOf(before.request) >= timeOf(write.request)) {
      found.push(`product ${id}: version ${version} is of an older time than the one before`);
    }
    const { request } = write;
    const made =
      request.type === "product.put"
        ? { ...request.data.product, version }
        : {
            ...(before && withoutTimes(before.product)),
            ...("changes" in request.data && request.data.changes),
            version,
          };
    // An update's other fields come from a version that nobody saw.
    const known = unseen === 0 || request.type === "product.put";
    if (known && !isDeepStrictEqual({ ...withoutTimes(write.product) }, made)) {
      found.push(
        `product ${id}: version ${version} is ${JSON.stringify(write.product)}, not ${JSON.stringify(made)}`,
      );
    }
    before = write;
  }
  if (item?.version !== before?.product.version || item?.price !== before?.product.price) {
    found.push(
      `product ${id}: the table has ${JSON.stringify(item)}, the last result ${JSON.stringify(before?.product)}`,
    );
  }
  return found;
}
