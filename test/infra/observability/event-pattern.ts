import type { Pattern } from "../../../infra/constructs/observability/key-events.ts";

/*
 * The part of EventBridge's patterns that the rules use: values of which one must be there, `exists`, and `$or` beside
 * other fields. Arrays in an event match where one of their elements does.
 */

type Matcher = string | { exists: boolean };

export function matchesEvent(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, expected]) => {
    if (field === "$or") return (expected as Pattern[]).some((each) => matchesEvent(each, event));
    const values = valuesOf(event, field);
    if (Array.isArray(expected)) return (expected as Matcher[]).some((each) => matchesValue(each, values));
    return values.some((value) => matchesEvent(expected, value));
  });
}

function matchesValue(matcher: Matcher, values: unknown[]): boolean {
  if (typeof matcher === "string") return values.includes(matcher);
  const keys = Object.keys(matcher);
  if (keys.length !== 1 || keys[0] !== "exists")
    throw new Error(`not understood: ${JSON.stringify(matcher)}`);
  return matcher.exists === values.length > 0;
}

function valuesOf(event: unknown, field: string): unknown[] {
  if (Array.isArray(event)) return event.flatMap((each) => valuesOf(each, field));
  if (typeof event !== "object" || event === null) return [];
  const value = (event as Record<string, unknown>)[field];
  return value === undefined || value === null ? [] : [value].flat();
}

/** What a target is sent: an input template with its variables filled in, in dot notation. */
export function transformed(template: string, paths: Record<string, string>, event: unknown): string {
  const values = new Map(
    Object.entries(paths).map(([name, path]) => {
      const [root, ...fields] = path.split(".");
      if (root !== "$") throw new Error(`not a path: ${path}`);
      return [name, fields.reduce<unknown>((found, field) => valuesOf(found, field)[0], event)];
    }),
  );
  return template.replace(/<([\w-]+)>/g, (_, name: string) => {
    if (!values.has(name)) throw new Error(`the template uses <${name}>, which has no path`);
    return String(values.get(name) ?? "");
  });
}
