import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/*
 * Values as DynamoDB's API names their types ("AttributeValue"), from and to JSON's. Own properties only and no look
 * at a value's `constructor`, so that every key that JSON can hold is stored.
 */

/** A value of JSON. @throws TypeError for anything else */
export function toAttribute(value: unknown): AttributeValue {
  switch (typeof value) {
    case "string":
      return { S: value };
    case "number":
      // The shortest decimal that reads back as the same number.
      if (Number.isFinite(value)) return { N: String(value) };
      break;
    case "boolean":
      return { BOOL: value };
    case "object":
      if (value === null) return { NULL: true };
      if (Array.isArray(value)) return { L: value.map(toAttribute) };
      return { M: toAttributes(value as Record<string, unknown>) };
  }
  throw new TypeError(`${typeof value === "number" ? value : typeof value} is no value of JSON`);
}

/** An object's properties; those that are undefined are left out. */
export function toAttributes(values: Record<string, unknown>): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const key of Object.keys(values)) {
    const value = values[key];
    if (value !== undefined) define(attributes, key, toAttribute(value));
  }
  return attributes;
}

/**
 * A stored value. Sets, which others may have written, read as arrays, and bytes as base64; a number beyond a
 * double's digits as the nearest double.
 */
export function fromAttribute(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.M !== undefined) return fromAttributes(attribute.M);
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute);
  if (attribute.SS !== undefined) return attribute.SS;
  if (attribute.NS !== undefined) return attribute.NS.map(Number);
  if (attribute.B !== undefined) return base64(attribute.B);
  if (attribute.BS !== undefined) return attribute.BS.map(base64);
  return null;
}

export function fromAttributes(attributes: Record<string, AttributeValue>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(attributes)) {
    define(values, key, fromAttribute(attributes[key] as AttributeValue));
  }
  return values;
}

/** Sets an own property, whatever its name. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

// The calls on a message's path hand it on as it came; the SDK decodes it.
function base64(bytes: Uint8Array | string): string {
  return typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("base64");
}
