import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeCursor } from "../../src/contract/cursor.ts";
import { LIMITS } from "../../src/contract/limits.ts";
import { parseRequest, writeTimeOf } from "../../src/contract/parse.ts";
import { put, request } from "../support/running-worker.ts";

const NOW = Date.parse("2026-02-08T10:00:00.000Z");

function parse(body: unknown) {
  return parseRequest(typeof body === "string" ? body : JSON.stringify(body), NOW);
}

function issuesOf(body: unknown) {
  const parsed = parse(body);
  if (parsed.kind !== "refused") throw new Error(`expected a refusal, got ${JSON.stringify(parsed)}`);
  return parsed.issues;
}

describe("a message with nobody to answer to", () => {
  test.each([
    ["not JSON", "{oops", "NOT_JSON"],
    ["nothing", "", "NOT_JSON"],
    ["a string", '"hello"', "NOT_AN_OBJECT"],
    ["null", "null", "NOT_AN_OBJECT"],
    ["an array", "[]", "NOT_AN_OBJECT"],
    ["an object without id", { source: "/s", type: "product.get" }, "NO_ENVELOPE"],
    ["an empty id", { id: "", source: "/s", type: "product.get" }, "NO_ENVELOPE"],
    ["a number for a source", { id: "1", source: 2, type: "product.get" }, "NO_ENVELOPE"],
    ["no type", { id: "1", source: "/s" }, "NO_ENVELOPE"],
    [
      "an id too long to echo",
      { id: "x".repeat(LIMITS.echoBytes + 1), source: "/s", type: "t" },
      "NO_ENVELOPE",
    ],
    ["an array nested 100,000 deep", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "TOO_DEEP"],
  ])("is unreadable: %s", (_, body, reason) => {
    expect(parse(body)).toMatchObject({ kind: "unreadable", reason, detail: expect.stringMatching(/./) });
  });

  test("is unreadable one level beyond the message's depth, and read at it", () => {
    const nested = (levels: number) =>
      `{"id":"1","source":"/s","type":"product.get","data":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect(parse(nested(LIMITS.messageDepth)).kind).toBe("unreadable");
    expect(parse(nested(LIMITS.messageDepth - 1)).kind).toBe("refused");
  });
});

describe("a request that does not fit is refused, and each problem named", () => {
  const product = { id: "p", name: "n", price: 1 };
  test.each<[string, object, string[]]>([
    ["an unknown type", request("product.rename", {}), ["type"]],
    ["a type that is a property of every object", request("constructor", {}), ["type"]],
    ["another specversion", put(product, { specversion: "0.3" }), ["specversion"]],
    ["an unknown envelope field", put(product, { priority: 1 }), ["priority"]],
    [
      "unknown fields, each",
      put({ ...product, colour: "red", size: 1 }),
      ["data.product.colour", "data.product.size"],
    ],
    [
      "fields only the system sets",
      put({ ...product, version: 1, createdAt: "" }),
      ["data.product.version", "data.product.createdAt"],
    ],
    ["no data", request("product.get", undefined), ["data"]],
    ["data that is no object", request("product.get", "p"), ["data"]],
    [
      "missing fields, each",
      request("product.put", { product: {} }),
      ["data.product.id", "data.product.name", "data.product.price"],
    ],
    ["a price with 5 decimals", put({ ...product, price: 1.23456 }), ["data.product.price"]],
    ["a negative price", put({ ...product, price: -0.01 }), ["data.product.price"]],
    ["a price of 10^11", put({ ...product, price: 1e11 }), ["data.product.price"]],
    ["a price as text", put({ ...product, price: "9.99" }), ["data.product.price"]],
    ["an id with a control character", put({ ...product, id: "a\u0000" }), ["data.product.id"]],
    ["an id of 257 bytes", put({ ...product, id: `${"é".repeat(128)}x` }), ["data.product.id"]],
    ["a name of 1,025 characters", put({ ...product, name: "x".repeat(1025) }), ["data.product.name"]],
    [
      "a description beyond 64 KiB",
      put({ ...product, description: "é".repeat(32_769) }),
      ["data.product.description"],
    ],
    ["null for an optional field", put({ ...product, description: null }), ["data.product.description"]],
    ["attributes that are no object", put({ ...product, attributes: [1] }), ["data.product.attributes"]],
    ["an unsafe integer", put({ ...product, attributes: { ean: 2 ** 53 } }), ["data.product.attributes.ean"]],
    [
      "a number too small to store",
      put({ ...product, attributes: { a: [1e-131] } }),
      ["data.product.attributes.a[0]"],
    ],
    [
      "a lone surrogate",
      put({ ...product, attributes: { a: { b: "\ud800" } } }),
      ["data.product.attributes.a.b"],
    ],
    ["an empty key", put({ ...product, attributes: { "": 1 } }), ['data.product.attributes[""]']],
    ["ifVersion 0", put(product, {}, { ifVersion: 0 }), ["data.ifVersion"]],
    ["ifVersion and ifAbsent", put(product, {}, { ifVersion: 1, ifAbsent: true }), ["data.ifAbsent"]],
    ["no changes", request("product.update", { id: "p", changes: {} }), ["data.changes"]],
    [
      "a name removed",
      request("product.update", { id: "p", changes: { name: null } }),
      ["data.changes.name"],
    ],
    ["a limit of 0", request("product.list", { limit: 0 }), ["data.limit"]],
    ["a limit of 1,001", request("product.list", { limit: 1001 }), ["data.limit"]],
    ["a cursor of its own", request("product.list", { cursor: "abc" }), ["data.cursor"]],
    ["a time that is none", put(product, { time: "yesterday" }), ["time"]],
    ["a time without a zone", put(product, { time: "2026-02-08T10:00:00" }), ["time"]],
    ["a datacontenttype other than JSON", put(product, { datacontenttype: "text/xml" }), ["datacontenttype"]],
  ])("%s", (_, body, paths) => {
    const issues = issuesOf(body);
    expect(issues.map(({ path }) => path)).toEqual(paths);
    for (const { problem, allowed } of issues) {
      expect(problem).toMatch(/\w/);
      expect(allowed).toMatch(/\w/);
    }
  });

  test("an integer too large for a double to hold is caught as it is written", () => {
    const body = JSON.stringify(put({ ...product, attributes: { ean: "EAN" } })).replace(
      '"EAN"',
      "12345678901234567890",
    );
    expect(issuesOf(body)).toEqual([
      {
        path: "data.product.attributes.ean",
        problem: expect.stringContaining("12345678901234567000"),
        allowed: expect.stringContaining("2^53"),
      },
    ]);
    expect(issuesOf(body.replace("12345678901234567890", "1e400"))).toHaveLength(1);
  });

  test("__proto__ is a key like any other to JSON, and refused", () => {
    const body = JSON.stringify(put({ ...product, attributes: { a: 1 } })).replace('"a"', '"__proto__"');
    expect(issuesOf(body).map(({ path }) => path)).toEqual(["data.product.attributes.__proto__"]);
    const outside = JSON.stringify(put(product)).replace('"price"', '"__proto__":{},"price"');
    expect(issuesOf(outside).map(({ path }) => path)).toEqual(["data.product.__proto__"]);
  });

  test("attributes one level too deep are refused, and accepted at the limit", () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
    expect(parse(put({ ...product, attributes: nested(LIMITS.attributesDepth) })).kind).toBe("request");
    expect(issuesOf(put({ ...product, attributes: nested(LIMITS.attributesDepth + 1) }))).toMatchObject([
      { allowed: expect.stringContaining("16 levels") },
    ]);
  });

  test("a time more than 5 minutes after the queue took the message is refused, up to that accepted", () => {
    const at = (ms: number) => put(product, { time: new Date(NOW + ms).toISOString() });
    expect(parse(at(5 * 60_000)).kind).toBe("request");
    expect(issuesOf(at(5 * 60_000 + 1)).map(({ path }) => path)).toEqual(["time"]);
  });

  test("a message full of problems lists the first 50 and counts the rest", () => {
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`field${n}`.padEnd(40, "x"), n]),
    );
    const issues = issuesOf(put({ ...product, ...many }));
    expect(issues).toHaveLength(LIMITS.issues + 1);
    expect(issues.at(-1)?.problem).toBe("4950 more problems not listed");
  });

  test("neither a long key nor a long value makes a long issue", () => {
    const issues = issuesOf(
      put({ ...product, ["k".repeat(100_000)]: 1, name: ["x".repeat(100_000)], price: "9".repeat(100_000) }),
    );
    expect(JSON.stringify(issues).length).toBeLessThan(2_000);
  });

  test("the answer is addressed by what of the request is valid", () => {
    expect(parse(put({ id: "p", price: -1 }, { traceparent: "00-1-2-01", tracestate: 7 }))).toMatchObject({
      addressed: { subject: "p", traceparent: "00-1-2-01", source: "/test", type: "product.put" },
    });
    const other = parse(request("product.get", { id: "\n" }, { subject: "from-subject", tracestate: 7 }));
    expect(other).toMatchObject({ addressed: { subject: "from-subject" } });
    expect(other).not.toHaveProperty("addressed.tracestate");
  });
});

describe("a request that fits", () => {
  test.each([
    put({ id: "p" }),
    put({ id: "p", price: 0 }, {}, { ifAbsent: true }),
    put({ id: "p", price: 99_999_999_999.9999, description: "", attributes: {} }, { subject: "p" }),
    request("product.update", { id: "p", changes: { description: null, attributes: null } }),
    request("product.delete", { id: "p", ifVersion: 3 }),
    request("product.get", { id: "p" }, { datacontenttype: "application/json; charset=utf-8" }),
    request("product.list", {}),
    request("product.list", { limit: 1000, cursor: writeCursor("é") }),
  ])("is read as it was written: $type", (body) => {
    expect(parse(body)).toMatchObject({ kind: "request", request: body });
  });

  test("was made at its time, in any zone, else when the queue took it", () => {
    const timed = parse(put({ id: "p" }, { time: "2026-02-08T11:00:00+02:00" }));
    const untimed = parse(put({ id: "p" }));
    if (timed.kind !== "request" || untimed.kind !== "request") throw new Error("not read");
    expect(writeTimeOf(timed.request, NOW)).toBe(Date.parse("2026-02-08T09:00:00Z"));
    expect(writeTimeOf(untimed.request, NOW)).toBe(NOW);
  });
});

test("no text and no JSON makes the parser throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (body) => void parse(body)));
  const event = fc.record(
    {
      specversion: fc.anything(),
      id: fc.string(),
      source: fc.string(),
      type: fc.constantFrom("product.put", "product.list", "x"),
      data: fc.anything(),
    },
    { requiredKeys: ["id", "source", "type"] },
  );
  fc.assert(fc.property(event, (body) => void parse(JSON.stringify(body))));
});

test("a price is accepted exactly if it has at most four decimals", () => {
  const cents = fc.integer({ min: 0, max: 10 ** 15 - 1 });
  fc.assert(
    fc.property(cents, (units) => {
      const price = Number(`${Math.floor(units / 10_000)}.${String(units % 10_000).padStart(4, "0")}`);
      const parsed = parse(put({ id: "p", price }));
      expect(parsed).toMatchObject({ kind: "request", request: { data: { product: { price } } } });
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: 1, max: 9 }), (units, fifth) => {
      const price = Number(
        `${Math.floor(units / 10_000)}.${String(units % 10_000).padStart(4, "0")}${fifth}`,
      );
      expect(issuesOf(put({ id: "p", price })).map(({ path }) => path)).toEqual(["data.product.price"]);
    }),
  );
});
