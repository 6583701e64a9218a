import { describe, expect, test } from "vitest";
import { signals } from "../../../infra/constructs/observability/signals.ts";
import { all } from "../../support/synth.ts";
import { filterPattern } from "./filter-pattern.ts";
import { observed } from "./observed.ts";

const filters = all(observed(), "aws_cloudwatch_log_metric_filter");

describe("metric filters", () => {
  test("count each signal in the worker's log, with zero for what else is logged", () => {
    expect(filters).toHaveLength(Object.keys(signals).length);
    for (const [name, pattern] of Object.entries(signals)) {
      expect(filters).toContainEqual({
        name: `dev-product-worker-${name}`,
        log_group_name: "/dev-product-worker/worker",
        pattern,
        metric_transformation: {
          name,
          namespace: "dev-product-worker",
          value: "1",
          default_value: "0",
          unit: "Count",
        },
      });
    }
  });

  test("keep CloudWatch's limits: patterns of 1,024 characters, no regular expressions, no dimensions with a default", () => {
    for (const { pattern, metric_transformation } of filters) {
      expect(String(pattern).length).toBeLessThanOrEqual(1024);
      expect(pattern).not.toContain("%");
      expect(metric_transformation).not.toHaveProperty("dimensions");
    }
  });
});

describe("the matcher that the tests hold lines against", () => {
  const matches = (pattern: string, line: Record<string, unknown>) => filterPattern(pattern)(line);

  test("knows and, or, parentheses, wildcards at the ends, and inequality of what is there", () => {
    const pattern = '{ ($.a = "x" || $.b = "y*") && $.c != "z" }';
    expect(matches(pattern, { a: "x", c: "c" })).toBe(true);
    expect(matches(pattern, { b: "yes", c: "c" })).toBe(true);
    expect(matches(pattern, { b: "Yes", c: "c" })).toBe(false);
    expect(matches(pattern, { a: "x", c: "z" })).toBe(false);
    expect(matches(pattern, { a: "x" })).toBe(false);
    expect(matches('{ $.a = "*in*" }', { a: "within it" })).toBe(true);
    expect(matches('{ $.a = "*end" }', { a: "the end" })).toBe(true);
  });

  test.each([
    '{ $.a = "x" ',
    '$.a = "x"',
    "{ $.a = x }",
    '{ $.a = "a*b" }',
    "{ $.a = %x% }",
    '{ $.a = "x" } more',
  ])("refuses %s", (pattern) => {
    expect(() => filterPattern(pattern)).toThrow();
  });
});
