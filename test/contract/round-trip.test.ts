import fc from "fast-check";
import { expect, test } from "vitest";
import { encode, resultOf } from "../../src/contract/encode.ts";
import { parseRequest } from "../../src/contract/parse.ts";
import { result as resultSchema } from "../../src/contract/result.ts";
import { put } from "../support/running-worker.ts";
import { useTable } from "../support/table.ts";

const own = useTable();

// Keys that break naive copying, besides any others.
const key = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("constructor", "toString", "hasOwnProperty", "name", "S", "N", "M", "length"),
  },
);
const leaf = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    leaf,
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(key, tie("json"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const product = fc.record(
  {
    id: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    name: fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
    price: fc.integer({ min: 0, max: 10 ** 15 - 1 }).map((units) => Number((units / 10_000).toFixed(4))),
    description: fc.string({ unit: "binary", maxLength: 100 }),
    attributes: fc.dictionary(key, json, { maxKeys: 5, noNullPrototype: true }),
  },
  { requiredKeys: ["id", "name", "price"] },
);

test("what is accepted survives the table and its result unchanged; what is refused names its field", async () => {
  let accepted = 0;
  let time = Date.now() - 3_600_000;
  await fc.assert(
    fc.asyncProperty(product, async (candidate) => {
      const body = JSON.stringify(put(candidate));
      const parsed = parseRequest(body, Date.now());
      if (parsed.kind === "refused") {
        for (const { path } of parsed.issues) expect(path).toMatch(/^data\.product/);
        return;
      }
      if (parsed.kind !== "request" || parsed.request.type !== "product.put") throw new Error(parsed.kind);
      accepted += 1;
      // As JSON has it: -0 is 0.
      const sent = JSON.parse(JSON.stringify(candidate)) as typeof candidate;
      const write = {
        kind: "put" as const,
        id: sent.id,
        product: parsed.request.data.product,
        ifAbsent: false,
        writeTime: ++time,
        writeId: body,
      };
      const outcome = await own.table.write(write);
      const stored = await own.table.get(sent.id);
      expect(JSON.parse(JSON.stringify(stored))).toEqual({
        ...sent,
        version: expect.any(Number),
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      });
      if (!("product" in outcome) || !outcome.product || outcome.kind !== "applied")
        throw new Error(outcome.kind);
      expect(outcome.product).toEqual(stored);
      const data = { status: "ok" as const, outcome: outcome.outcome, product: outcome.product };
      const text = encode(resultOf(parsed.addressed, data, time));
      // What SQS refuses in a message.
      expect(text).not.toMatch(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
      const read = resultSchema.parse(JSON.parse(text));
      expect(read.data).toMatchObject({ outcome: outcome.outcome });
      expect("product" in read.data && JSON.parse(JSON.stringify(read.data.product))).toEqual(
        JSON.parse(JSON.stringify(stored)),
      );
    }),
    { numRuns: 400 },
  );
  expect(accepted).toBeGreaterThan(50);
});
