import { z } from "zod";
import { productId, storedProduct } from "./product.ts";

const replayed = z
  .literal(true)
  .optional()
  .meta({ description: "this request had been applied before; nothing was changed now" });

const productOmitted = z
  .literal(true)
  .optional()
  .meta({ description: "the product is left out, for the result would exceed the queue's message size" });

const issue = z.strictObject({
  path: z.string().meta({ description: "where, as data.product.price or ReplyTo" }),
  problem: z.string().meta({ description: "what is wrong there" }),
  allowed: z.string().meta({ description: "what is allowed there" }),
});

const errorCodes = [
  "INVALID_REQUEST",
  "NOT_FOUND",
  "CONFLICT",
  "SUPERSEDED",
  "TOO_LARGE",
  "GAVE_UP",
] as const;

const wrote = z.strictObject({
  status: z.literal("ok"),
  outcome: z.enum(["created", "replaced", "updated"]),
  product: storedProduct.optional(),
  productOmitted,
  replayed,
});
const deleted = z.strictObject({ status: z.literal("ok"), outcome: z.literal("deleted"), replayed });
const found = z.strictObject({
  status: z.literal("ok"),
  outcome: z.literal("found"),
  product: storedProduct,
});
const listed = z.strictObject({
  status: z.literal("ok"),
  outcome: z.literal("listed"),
  products: z.array(storedProduct),
  omitted: z.array(productId).optional().meta({ description: "products too large for any result, by id" }),
  cursor: z.string().optional().meta({ description: "where the next page starts; absent on the last page" }),
});
const failed = z.strictObject({
  status: z.literal("failed"),
  error: z.strictObject({
    code: z.enum(errorCodes),
    message: z.string(),
    issues: z.array(issue).optional(),
  }),
  product: storedProduct.optional().meta({
    description: "the current product, with CONFLICT and SUPERSEDED, where there is one",
  }),
  productOmitted,
});

const resultData = z.union([wrote, deleted, found, listed, failed]);

/** One result per request: a CloudEvents 1.0 event in structured JSON mode. */
export const result = z
  .strictObject({
    specversion: z.literal("1.0"),
    id: z
      .string()
      .meta({ description: "made of the request's source and id: a repeated result has the same" }),
    source: z.literal("/product-worker"),
    type: z.string().meta({ description: "the request's type and .result" }),
    subject: z.string().optional().meta({ description: "the product's id" }),
    time: z.iso.datetime({ precision: 3 }),
    datacontenttype: z.literal("application/json"),
    causationid: z.string().meta({ description: "the request's id" }),
    causationsource: z.string().meta({ description: "the request's source" }),
    traceparent: z.string().optional(),
    tracestate: z.string().optional(),
    data: resultData,
  })
  .meta({ title: "Result", description: "The answer to one product request." });

export type Issue = z.output<typeof issue>;
export type ErrorCode = (typeof errorCodes)[number];
export type ResultData = z.output<typeof resultData>;
export type FailedData = z.output<typeof failed>;
export type Result = z.output<typeof result>;
