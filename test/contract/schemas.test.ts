import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { resultOf } from "../../src/contract/encode.ts";
import { parseRequest } from "../../src/contract/parse.ts";
import { requestTypes } from "../../src/contract/request.ts";
import type { ResultData } from "../../src/contract/result.ts";
import { madeUpTraffic } from "../../tools/demo/traffic.ts";
import { put, request } from "../support/running-worker.ts";

/** The published schemas, read by another implementation than the one that made them. */
function published(file: string) {
  const schema = readFileSync(new URL(`../../docs/schemas/${file}`, import.meta.url), "utf8");
  return new Ajv2020({ validateFormats: false, strict: false }).compile(JSON.parse(schema));
}

const requestFits = published("request.schema.json");
const resultFits = published("result.schema.json");

test("every request that the worker accepts fits the published schema", () => {
  const { messages } = madeUpTraffic({ seed: 3, requests: 1_000, products: 50, now: Date.now() });
  const accepted = messages.filter(({ body }) => parseRequest(body, Date.now()).kind === "request");
  expect(accepted.length).toBeGreaterThan(500);
  for (const { body } of accepted)
    expect([requestFits(JSON.parse(body)), requestFits.errors]).toEqual([true, null]);
});

describe("the published schema refuses", () => {
  const product = { id: "p", name: "n", price: 1 };
  test.each([
    ["an unknown type", request("product.rename", {})],
    ["an unknown field", put({ ...product, colour: "red" })],
    ["a missing field", request("product.put", { product: { id: "p", name: "n" } })],
    ["an empty id", put({ ...product, id: "" })],
    ["a control character in an id", put({ ...product, id: "a\u0007" })],
    ["a negative price", put({ ...product, price: -1 })],
    ["attributes that are no object", put({ ...product, attributes: [] })],
    ["no changes", request("product.update", { id: "p", changes: {} })],
    ["a limit beyond 1,000", request("product.list", { limit: 1_001 })],
  ])("%s, as the worker does", (_, body) => {
    expect(requestFits(body)).toBe(false);
    expect(parseRequest(JSON.stringify(body), Date.now()).kind).toBe("refused");
  });
});

test("every kind of result fits the published schema", () => {
  const at = "2026-02-08T10:00:00.000Z";
  const product = {
    id: "p",
    name: "n",
    price: 1,
    attributes: { a: 1 },
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  const results: ResultData[] = [
    { status: "ok", outcome: "created", product },
    { status: "ok", outcome: "replaced", product, replayed: true },
    { status: "ok", outcome: "updated", productOmitted: true },
    { status: "ok", outcome: "deleted" },
    { status: "ok", outcome: "found", product },
    { status: "ok", outcome: "listed", products: [product], omitted: ["x"], cursor: "c" },
    { status: "failed", error: { code: "CONFLICT", message: "m" }, product },
    {
      status: "failed",
      error: {
        code: "INVALID_REQUEST",
        message: "m",
        issues: [{ path: "type", problem: "p", allowed: "a" }],
      },
    },
  ];
  for (const type of requestTypes) {
    for (const data of results) {
      const result = resultOf({ id: "1", source: "/s", type, subject: "p" }, data, 0);
      expect([resultFits(result), resultFits.errors]).toEqual([true, null]);
    }
  }
  expect(resultFits(resultOf({ id: "1", source: "/s", type: "t" }, { status: "ok" } as ResultData, 0))).toBe(
    false,
  );
});
