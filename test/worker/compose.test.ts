import { expect, test } from "vitest";
import type { StoredProduct } from "../../src/contract/product.ts";
import type { Result } from "../../src/contract/result.ts";
import { compose, pageBytes, partBytes } from "../../src/worker/compose.ts";

const addressed = { id: "1", source: "/test", type: "product.get", subject: "p" };
const product: StoredProduct = {
  id: "p",
  name: "n",
  price: 1,
  description: "\u0001".repeat(1_000), // six characters each in JSON
  version: 1,
  createdAt: "2026-02-08T10:00:00.000Z",
  updatedAt: "2026-02-08T10:00:00.000Z",
};

function composed(data: Parameters<typeof compose>[1], most: number): Result {
  const text = compose(addressed, data, 0, most);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most);
  return JSON.parse(text) as Result;
}

test("a result that fits is whole", () => {
  expect(composed({ status: "ok", outcome: "found", product }, 10_000).data).toEqual({
    status: "ok",
    outcome: "found",
    product,
  });
});

test("a product too large for a result is answered TOO_LARGE where it was read", () => {
  expect(composed({ status: "ok", outcome: "found", product }, 4_000).data).toMatchObject({
    status: "failed",
    error: { code: "TOO_LARGE" },
  });
});

test("and left out of what became of a write, which is told all the same", () => {
  expect(composed({ status: "ok", outcome: "updated", product, replayed: true }, 4_000).data).toEqual({
    status: "ok",
    outcome: "updated",
    replayed: true,
    productOmitted: true,
  });
  const conflict = { status: "failed" as const, error: { code: "CONFLICT" as const, message: "m" }, product };
  expect(composed(conflict, 4_000).data).toEqual({
    status: "failed",
    error: { code: "CONFLICT", message: "m" },
    productOmitted: true,
  });
});

test("a page filled to what pageBytes allows fits the result with its cursor", () => {
  const most = 20_000;
  let room = pageBytes(addressed, most);
  const products: StoredProduct[] = [];
  while (partBytes(product) <= room) {
    products.push(product);
    room -= partBytes(product);
  }
  const omitted = ["x"];
  composed({ status: "ok", outcome: "listed", products, omitted, cursor: "c".repeat(350) }, most);
  expect(products).toHaveLength(3);
});
