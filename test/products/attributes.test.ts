import { convertToAttr, marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromAttribute, fromAttributes, toAttribute, toAttributes } from "../../src/products/attributes.ts";

test("what JSON holds is stored as the SDK's marshaller stores it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      // The SDK refuses integers that a double does not hold exactly; the contract refuses them before.
      fc.pre(!/\d{16}|e\+/.test(JSON.stringify(value)));
      expect(toAttribute(value)).toEqual(convertToAttr(value));
    }),
  );
});

test("every value of JSON comes back as it was, whatever its keys", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "S", "N", ""));
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "binary" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("json")),
      fc.array(fc.tuple(key, tie("json"))).map((all) => JSON.parse(JSON.stringify(Object.fromEntries(all)))),
    ),
  }));
  fc.assert(
    fc.property(json, (value) => {
      expect(fromAttribute(toAttribute(value))).toEqual(value);
      // As it is sent and received.
      expect(fromAttribute(JSON.parse(JSON.stringify(toAttribute(value))))).toEqual(value);
    }),
  );
});

test("a key named like the prototype is an own key, and nobody's prototype", () => {
  const product = JSON.parse('{"__proto__":{"price":1},"constructor":{"name":"x"}}');
  const read = fromAttributes(toAttributes(product));
  expect(Object.keys(read)).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(JSON.stringify(read)).toBe(JSON.stringify(product));
});

test("properties that are undefined are left out", () => {
  expect(toAttributes({ a: undefined, b: 1 })).toEqual(
    marshall({ a: undefined, b: 1 }, { removeUndefinedValues: true }),
  );
});

test.each([
  ["a function", () => {}],
  ["a bigint", 1n],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
])("%s is refused", (_, value) => {
  expect(() => toAttribute(value)).toThrow(TypeError);
});

test("what others stored reads as JSON can carry it", () => {
  const stored = {
    tags: { SS: ["a", "b"] },
    sizes: { NS: ["1", "2.5"] },
    large: { N: "123456789012345678901234567890" },
    bytes: { B: new Uint8Array([0, 1, 2]) },
    sent: { B: "AAEC" as unknown as Uint8Array },
    blobs: { BS: [new Uint8Array([255])] },
    nothing: { NULL: true as const },
  };
  expect(fromAttributes(stored)).toEqual({
    tags: ["a", "b"],
    sizes: [1, 2.5],
    large: Number(unmarshall({ n: stored.large }, { wrapNumbers: Number }).n),
    bytes: "AAEC",
    sent: "AAEC",
    blobs: ["/w=="],
    nothing: null,
  });
});
