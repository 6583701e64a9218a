import { LIMITS } from "./limits.ts";

/** A value that JSON can carry. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What is wrong with a value inside free-form JSON: where, what, and what is allowed instead. */
export interface JsonProblem {
  path: (string | number)[];
  problem: string;
  allowed: string;
}

/** Whether `value`, parsed from JSON, nests deeper than `most` levels. Never recurses deeper than that. */
export function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (most === 0) return true;
  if (Array.isArray(value)) return value.some((child) => isDeeperThan(child, most - 1));
  for (const key in value) {
    if (isDeeperThan((value as Record<string, unknown>)[key], most - 1)) return true;
  }
  return false;
}

export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/**
 * What keeps free-form JSON from being stored and read back unchanged: nesting beyond the limit, integers
 * that a double does not hold exactly, numbers DynamoDB cannot hold, text that is not well-formed Unicode,
 * and keys that no store takes (empty, overlong, `__proto__`).
 *
 * @param most how many problems to report at most
 */
export function jsonProblems(value: unknown, most: number): JsonProblem[] {
  const found: JsonProblem[] = [];
  const path: (string | number)[] = [];
  const report = (problem: string, allowed: string) => found.push({ path: [...path], problem, allowed });

  const visit = (node: unknown, depth: number): void => {
    if (found.length >= most) return;
    if (typeof node === "string") {
      if (!node.isWellFormed()) report("holds a lone surrogate", "well-formed Unicode text");
    } else if (typeof node === "number") {
      if (!storable(node)) report(`is ${node}`, numberRule(node));
    } else if (typeof node === "object" && node !== null) {
      if (depth > LIMITS.attributesDepth) {
        report("is nested too deeply", `at most ${LIMITS.attributesDepth} levels of objects and arrays`);
        return;
      }
      if (Array.isArray(node)) {
        for (let index = 0; index < node.length; index++) descend(index, node[index], depth);
      } else {
        for (const [key, child] of Object.entries(node)) {
          const rule = keyRule(key);
          if (rule) {
            path.push(key);
            report(rule.problem, rule.allowed);
            path.pop();
          } else {
            descend(key, child, depth);
          }
        }
      }
    }
  };
  const descend = (key: string | number, child: unknown, depth: number): void => {
    path.push(key);
    visit(child, depth + 1);
    path.pop();
  };

  visit(value, 1);
  return found;
}

function storable(number: number): boolean {
  if (Number.isInteger(number)) return Number.isSafeInteger(number);
  return Number.isFinite(number) && Math.abs(number) >= LIMITS.smallestNumber;
}

function numberRule(number: number): string {
  return Number.isInteger(number) || !Number.isFinite(number)
    ? "an integer between -(2^53 - 1) and 2^53 - 1 (send a larger one as a string)"
    : `0 or a magnitude of at least ${LIMITS.smallestNumber}`;
}

function keyRule(key: string): { problem: string; allowed: string } | undefined {
  if (key === "") return { problem: "is an empty key", allowed: "keys of at least 1 character" };
  if (key === "__proto__") return { problem: "is a reserved key", allowed: "any key but __proto__" };
  if (!key.isWellFormed()) {
    return { problem: "is a key with a lone surrogate", allowed: "well-formed Unicode text" };
  }
  if (utf8Bytes(key) > LIMITS.attributeKeyBytes) {
    return {
      problem: `is a key of ${utf8Bytes(key)} bytes`,
      allowed: `keys of at most ${LIMITS.attributeKeyBytes} bytes of UTF-8`,
    };
  }
  return undefined;
}
