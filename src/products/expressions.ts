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

class Expression {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};
  readonly sets: string[] = [];
  readonly removes: string[] = [];
  readonly conditions: string[] = [];

  name(field: string): string {
    this.names[`#${field}`] = field;
    return `#${field}`;
  }
  value(field: string, value: unknown): string {
    this.values[`:${field}`] = toAttribute(value);
    return `:${field}`;
  }
  set(field: string, value: unknown): void {
    this.sets.push(`${this.name(field)} = ${this.value(field, value)}`);
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
  setBookkeeping(expression, write, basis);
  addConditions(expression, write, basis);
  const { names, values, sets, removes, conditions } = expression;
  return {
    TableName: table,
    Key: { id: { S: write.id } },
    UpdateExpression: `SET ${sets.join(", ")}${removes.length > 0 ? ` REMOVE ${removes.join(", ")}` : ""}`,
    ConditionExpression: conditions.join(" AND "),
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
  expression.set("updatedAt", at);
  expression.sets.push(`${expression.name("createdAt")} = if_not_exists(#createdAt, :updatedAt)`);
  if (write.kind === "put") {
    expression.remove("deletedAt");
    expression.remove("expiresAt");
  }
}

function setBookkeeping(expression: Expression, write: Write, basis: Basis): void {
  expression.set("writeTime", write.writeTime);
  expression.set("writeId", write.writeId);
  const [zero, one] = [expression.value("zero", 0), expression.value("one", 1)];
  expression.sets.push(`${expression.name("version")} = if_not_exists(#version, ${zero}) + ${one}`);
  if (basis.kind === "tied") expression.set("tiedWrites", basis.tiedWrites);
  else expression.remove("tiedWrites");
}

function addConditions(expression: Expression, write: Write, basis: Basis): void {
  const { conditions } = expression;
  if (basis.kind === "tied") {
    // The version seen settles everything else: whatever held of that item still holds.
    conditions.push(`#version = ${expression.value("seen", basis.version)}`, "#writeTime = :writeTime");
    return;
  }
  conditions.push("(attribute_not_exists(#writeTime) OR #writeTime < :writeTime)");
  if (write.kind !== "put" || write.ifVersion !== undefined) {
    conditions.push(
      `attribute_exists(${expression.name("id")})`,
      `attribute_not_exists(${expression.name("deletedAt")})`,
    );
  } else if (write.ifAbsent) {
    conditions.push(`(attribute_not_exists(${expression.name("id")}) OR attribute_exists(#deletedAt))`);
  }
  if (write.ifVersion !== undefined) {
    conditions.push(`#version = ${expression.value("ifVersion", write.ifVersion)}`);
  }
}
