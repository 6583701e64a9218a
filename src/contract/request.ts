import { z } from "zod";
import { readCursor } from "./cursor.ts";
import { LIMITS } from "./limits.ts";
import { changes, identifier, product, productId } from "./product.ts";
import { report } from "./report.ts";

const ifVersion = z.int().min(1).meta({ description: "apply only if this is the product's current version" });

const put = z
  .strictObject({
    product,
    ifVersion: ifVersion.optional(),
    ifAbsent: z.boolean().optional().meta({ description: "apply only if there is no such product" }),
  })
  .check((context) => {
    if (context.value.ifAbsent && context.value.ifVersion !== undefined) {
      report(context, {
        path: ["ifAbsent"],
        problem: "is true while ifVersion is given",
        allowed: "one of ifVersion and ifAbsent",
      });
    }
  });

const update = z.strictObject({ id: productId, changes, ifVersion: ifVersion.optional() });
const remove = z.strictObject({ id: productId, ifVersion: ifVersion.optional() });
const get = z.strictObject({ id: productId });
const list = z.strictObject({
  limit: z.int().min(1).max(LIMITS.listMost).optional().meta({ default: LIMITS.listDefault }),
  cursor: z
    .string()
    .check((context) => {
      if (readCursor(context.value) === undefined) {
        report(context, {
          problem: "is not a cursor of this service",
          allowed: "the cursor of a listed result, as it was received",
        });
      }
    })
    .optional()
    .meta({ description: "the cursor of the page before, as it was received" }),
});

/** The CloudEvents 1.0 envelope that every request shares. */
const envelope = {
  specversion: z.literal("1.0"),
  id: identifier(LIMITS.identityBytes),
  source: identifier(LIMITS.identityBytes),
  subject: z.string().max(LIMITS.subjectLength).optional(),
  time: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: "when the request was made; the latest write of a product wins" }),
  datacontenttype: z
    .string()
    .regex(/^application\/json(\s*;.*)?$/i)
    .optional()
    .meta({ description: "application/json" }),
  dataschema: z.string().max(LIMITS.subjectLength).optional(),
  traceparent: z.string().max(LIMITS.traceLength).optional(),
  tracestate: z.string().max(LIMITS.traceLength).optional(),
};

const request = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({ ...envelope, type: z.literal(type), data });

/** A schema per request type. */
export const requests = {
  "product.put": request("product.put", put),
  "product.update": request("product.update", update),
  "product.delete": request("product.delete", remove),
  "product.get": request("product.get", get),
  "product.list": request("product.list", list),
} as const;

export type RequestType = keyof typeof requests;

export const requestTypes = Object.keys(requests) as RequestType[];

/** Any request. */
export const anyRequest = z
  .discriminatedUnion("type", [
    requests["product.put"],
    requests["product.update"],
    requests["product.delete"],
    requests["product.get"],
    requests["product.list"],
  ])
  .meta({
    title: "Request",
    description: "A product request: a CloudEvents 1.0 event in structured JSON mode.",
  });

export type Request = z.output<typeof anyRequest>;
export type ListRequest = z.output<(typeof requests)["product.list"]>;
