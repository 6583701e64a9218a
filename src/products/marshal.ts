/**
 * The SDK's marshaller looks at a value's `constructor` to tell what it is, so a plain object with a key of
 * that name is refused by it. A Map with the same entries is stored the same and not looked into. Objects
 * without that key anywhere are handed on as they are, uncopied.
 */
export function plainOrMap(value: unknown): unknown {
  return holdsConstructorKey(value) ? toMap(value) : value;
}

function holdsConstructorKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsConstructorKey);
  return Object.hasOwn(value, "constructor") || Object.values(value).some(holdsConstructorKey);
}

function toMap(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toMap);
  return new Map(Object.entries(value).map(([key, child]) => [key, toMap(child)]));
}
