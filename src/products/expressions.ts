import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import type { Changes, Product } from "../contract/product.ts";
import { toAttribute } from "./attributes.ts";
import { tombstoneExpiry } from "./item.ts";

/** One write of one product, whatever its type: who asks, as of when, and what must hold. */
interface Named {
  /** Which product. */
  id: string;
  /** Epoch ms: the latest write wins. */
  writeTime: number;
  writeId: string;
  ifVersion?: number | undefined;
}
export interface Put extends Named {
  kind: "put";
  product: Product;
  ifAbsent: boolean;
}
export interface Update extends Named {
  kind: "update";
  changes: Changes;
}
export interface Delete extends Named {
  kind: "delete";
}
export type Write = Put | Update | Delete;

/**
 * What the item must be for a write to be applied. `newer`: whatever is there is older. `tied`: it still is
 * the version that was seen, whose write bears the very same time (see `ties.ts`).
 */
export type Basis = { kind: "newer" } | { kind: "tied"; version: number; tiedWrites: string[] };

const PRODUCT_FIELDS = ["name", "price", "description", "attributes"] as const;

/**
 * An update and its condition, with placeholders for all names and values. They are numbers and nothing is spaced: the
 * text goes with every write, is signed here and parsed there.
 */
class Expression {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};
  readonly sets: string[] = [];
  readonly removes: string[] = [];
  readonly conditions: string[] = [];
  readonly #placeholders = new Map<string, string>();
  #valueCount = 0;

  name(field: string): string {
    let placeholder = this.#placeholders.get(field);
    if (placeholder === undefined) {
      placeholder = `#${this.#placeholders.size}`;
      this.#placeholders.set(field, placeholder);
      this.names[placeholder] = field;
    }
    return placeholder;
  }
  value(value: unknown): string {
    const placeholder = `:${this.#valueCount++}`;
    this.values[placeholder] = toAttribute(value);
    return placeholder;
  }
  /** @returns the value's placeholder */
  set(field: string, value: unknown): string {
    const placeholder = this.value(value);
    this.sets.push(`${this.name(field)}=${placeholder}`);
    return placeholder;
  }
  remove(field: string): void {
    this.removes.push(this.name(field));
  }
}

/**
 * The one conditional UpdateItem that a write is: no read before it, and nothing changes unless the condition
 * holds. The old item comes back either way: with the answer, or with the failed condition at no cost.
 *
 * @param now when it is applied, epoch ms
 */
export function updateOf(table: string, write: Write, basis: Basis, now: number): UpdateItemCommandInput {
  const expression = new Expression();
  setFields(expression, write, now);
  const writeTime = expression.set("writeTime", write.writeTime);
  setBookkeeping(expression, write, basis);
  addConditions(expression, write, basis, writeTime);
  const { names, values, sets, removes, conditions } = expression;
  return {
    TableName: table,
    Key: { id: { S: write.id } },
    UpdateExpression: `SET ${sets.join(",")}${removes.length > 0 ? ` REMOVE ${removes.join(",")}` : ""}`,
    ConditionExpression: allOf(conditions),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ReturnValues: write.kind === "delete" ? "NONE" : "ALL_OLD",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

function setFields(expression: Expression, write: Write, now: number): void {
  const at = new Date(now).toISOString();
  if (write.kind === "delete") {
    expression.set("deletedAt", at);
    expression.set("expiresAt", tombstoneExpiry(now));
    for (const field of [...PRODUCT_FIELDS, "createdAt", "updatedAt"]) expression.remove(field);
    return;
  }
  const fields: Changes = write.kind === "put" ? write.product : write.changes;
  for (const field of PRODUCT_FIELDS) {
    const value = fields[field];
    if (value === null || (value === undefined && write.kind === "put")) expression.remove(field);
    else if (value !== undefined) expression.set(field, value);
  }
  const updatedAt = expression.set("updatedAt", at);
  const createdAt = expression.name("createdAt");
  expression.sets.push(`${createdAt}=if_not_exists(${createdAt},${updatedAt})`);
  if (write.kind === "put") {
    expression.remove("deletedAt");
    expression.remove("expiresAt");
  }
}

function setBookkeeping(expression: Expression, write: Write, basis: Basis): void {
  expression.set("writeId", write.writeId);
  const version = expression.name("version");
  expression.sets.push(
    `${version}=if_not_exists(${version},${expression.value(0)}) + ${expression.value(1)}`,
  );
  if (basis.kind === "tied") expression.set("tiedWrites", basis.tiedWrites);
  else expression.remove("tiedWrites");
}

/** @param writeTime the placeholder of this write's time */
function addConditions(expression: Expression, write: Write, basis: Basis, writeTime: string): void {
  const { conditions } = expression;
  const name = (field: string) => expression.name(field);
  if (basis.kind === "tied") {
    // The version seen settles everything else: whatever held of that item still holds.
    const seen = expression.value(basis.version);
    conditions.push(`${name("version")}=${seen}`, `${name("writeTime")}=${writeTime}`);
    return;
  }
  conditions.push(`attribute_not_exists(${name("writeTime")}) OR ${name("writeTime")}<${writeTime}`);
  if (write.kind !== "put" || write.ifVersion !== undefined) {
    conditions.push(`attribute_exists(${name("id")})`, `attribute_not_exists(${name("deletedAt")})`);
  } else if (write.ifAbsent) {
    conditions.push(`attribute_not_exists(${name("id")}) OR attribute_exists(${name("deletedAt")})`);
  }
  if (write.ifVersion !== undefined) {
    conditions.push(`${name("version")}=${expression.value(write.ifVersion)}`);
  }
}

function allOf(conditions: string[]): string {
  const [only = "", ...more] = conditions;
  return more.length === 0 ? only : `(${conditions.join(") AND (")})`;
}
