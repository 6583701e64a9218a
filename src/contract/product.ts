import { z } from "zod";
import { type Json, jsonProblems, utf8Bytes } from "./json.ts";
import { LIMITS } from "./limits.ts";
import { report } from "./report.ts";

// C0, DEL and C1: Unicode's category Cc.
const CONTROL = /\p{Cc}/u;

/**
 * A string rule that zod has no word for, reported like every other problem: what is wrong, what is allowed.
 * @param schema as much of the rule as JSON Schema can say
 * @param problem what is wrong with the text, or undefined where it holds
 */
function text(
  allowed: string,
  schema: { minLength?: number; maxLength: number; pattern?: string },
  problem: (value: string) => string | undefined,
) {
  return z
    .string()
    .check((context) => {
      const { value } = context;
      const found = value.isWellFormed() ? problem(value) : "holds a lone surrogate";
      if (found) report(context, { problem: found, allowed });
    })
    .meta({ description: allowed, ...schema });
}

function bytesWithin(value: string, most: number): string | undefined {
  // A code unit is at most 3 bytes, so short text needs no count.
  if (value.length * 3 <= most) return undefined;
  const bytes = utf8Bytes(value);
  return bytes > most ? `is ${bytes} bytes long` : undefined;
}

/** Text of 1 to `most` bytes without control characters: identifiers. */
export function identifier(most: number) {
  const allowed = `1 to ${most} bytes of UTF-8 without control characters`;
  const schema = { minLength: 1, maxLength: most, pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" };
  return text(allowed, schema, (value) => {
    if (value === "") return "is empty";
    if (CONTROL.test(value)) return "holds a control character";
    return bytesWithin(value, most);
  });
}

export const productId = identifier(LIMITS.productIdBytes);

const NAME = LIMITS.nameLength;
const name = text(`1 to ${NAME} characters`, { minLength: 1, maxLength: NAME }, (value) => {
  if (value === "") return "is empty";
  // A character is a code point: one or two code units.
  if (value.length <= NAME || [...value].length <= NAME) return undefined;
  return `is ${[...value].length} characters long`;
});

const DESCRIPTION = LIMITS.descriptionBytes;
const description = text(`at most ${DESCRIPTION} bytes of UTF-8`, { maxLength: DESCRIPTION }, (value) =>
  bytesWithin(value, DESCRIPTION),
);

const price = z
  .number()
  .min(0)
  .lt(LIMITS.priceBelow)
  .check((context) => {
    const value = context.value;
    // The nearest double of a number with four decimals is reached again from its own four decimals.
    if (value >= 0 && value < LIMITS.priceBelow && Number(value.toFixed(LIMITS.priceDecimals)) !== value) {
      report(context, {
        problem: `is ${value}, which has more than ${LIMITS.priceDecimals} decimal places`,
        allowed: `at most ${LIMITS.priceDecimals} decimal places`,
      });
    }
  })
  // JSON has one zero; -0 would come back from the table as 0.
  .overwrite((value) => (value === 0 ? 0 : value))
  .meta({ description: `0 <= price < 10^11, at most ${LIMITS.priceDecimals} decimal places` });

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

const attributes = z
  .custom<{ [key: string]: Json }>()
  .check((context) => {
    const value: unknown = context.value;
    const problems = isObject(value)
      ? jsonProblems(value, LIMITS.issues + 1)
      : [{ problem: `is ${kindOf(value)}`, allowed: "a JSON object" }];
    for (const problem of problems) report(context, problem);
  })
  .meta({
    type: "object",
    description: `any JSON object: safe integers, at most ${LIMITS.attributesDepth} levels, well-formed text`,
  });

/** A product as a request carries it. */
export const product = z
  .strictObject({
    id: productId,
    name,
    price,
    description: description.optional(),
    attributes: attributes.optional(),
  })
  .meta({ id: "Product", description: "A product as a request carries it." });

/** The fields a `product.update` may change; `null` removes an optional one. */
export const changes = z
  .strictObject({
    name: name.optional(),
    price: price.optional(),
    description: description.nullable().optional(),
    attributes: attributes.nullable().optional(),
  })
  .check((context) => {
    if (Object.keys(context.value).length === 0) {
      report(context, {
        problem: "is empty",
        allowed: "at least one of name, price, description, attributes",
      });
    }
  })
  .meta({
    id: "Changes",
    description: "Fields to change; null removes description or attributes.",
    minProperties: 1,
  });

/** A product as it is stored and published: with what the system sets. */
export const storedProduct = product
  .extend({
    version: z.int().min(1).meta({ description: "+1 with every applied write" }),
    createdAt: z.iso.datetime({ precision: 3 }),
    updatedAt: z.iso.datetime({ precision: 3 }),
  })
  .meta({ id: "StoredProduct", description: "A product with what the system sets." });

export type Product = z.output<typeof product>;
export type Changes = z.output<typeof changes>;
export type StoredProduct = z.output<typeof storedProduct>;

/** The kind of a JSON value, in words a sender knows. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
