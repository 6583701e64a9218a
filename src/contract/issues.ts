import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { kindOf } from "./product.ts";
import type { Issue } from "./result.ts";

const EXCERPT = 80;
const PATH = 256;

/** A value as a sender recognizes it, short enough for an error. */
export function excerpt(value: unknown): string {
  const json = typeof value === "object" && value !== null ? kindOf(value) : JSON.stringify(value);
  const text = json ?? "missing";
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT).toWellFormed()}…` : text;
}

/** `data.product.attributes.sizes[0]`; keys that are no plain words are quoted. */
function pathOf(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\p{L}\p{N}_$-]+$/u.test(String(step)))
      text += text === "" ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
    if (text.length > PATH) return `${text.slice(0, PATH).toWellFormed()}…`;
  }
  return text;
}

/** The names of the fields an object schema knows at `path`, for the message about one it does not know. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string {
  let at: unknown = schema;
  for (const step of [...path, undefined]) {
    while (at instanceof z.ZodOptional || at instanceof z.ZodNullable) at = at.unwrap();
    if (!(at instanceof z.ZodObject)) return "only fields of the contract";
    if (step === undefined) return `only ${Object.keys(at.shape).join(", ")}`;
    at = at.shape[step as string];
  }
  return "only fields of the contract";
}

function sizeRule(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const inclusive = issue.inclusive !== false;
  const [limit, words] =
    issue.code === "too_big"
      ? [issue.maximum, inclusive ? "at most" : "less than"]
      : [issue.minimum, inclusive ? "at least" : "more than"];
  const unit = issue.origin === "string" ? " characters" : "";
  return `${words} ${limit}${unit}`;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): Issue[] {
  const path = pathOf(issue.path);
  const is = `is ${excerpt(issue.input)}`;
  switch (issue.code) {
    case "custom":
      return [{ path, problem: String(issue.params?.problem), allowed: String(issue.params?.allowed) }];
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: pathOf([...issue.path, key]),
        problem: "is not a field of the contract",
        allowed: fieldsAt(schema, issue.path),
      }));
    case "invalid_type": {
      const expected =
        issue.expected === "int"
          ? "an integer"
          : `a${/^[aeio]/.test(issue.expected) ? "n" : ""} ${issue.expected}`;
      return [{ path, problem: is, allowed: expected }];
    }
    case "invalid_value":
      return [{ path, problem: is, allowed: issue.values.map((value) => excerpt(value)).join(" or ") }];
    case "too_big":
    case "too_small":
      return [{ path, problem: is, allowed: sizeRule(issue) }];
    case "invalid_format":
      return [
        {
          path,
          problem: is,
          allowed:
            issue.format === "datetime"
              ? "an RFC 3339 date and time, as 2026-02-08T10:00:00.000Z"
              : "the value application/json",
        },
      ];
    default:
      return [{ path, problem: is, allowed: issue.message }];
  }
}

/**
 * What zod found, as the contract reports it: one entry per problem, each with its path, what is wrong there
 * and what is allowed.
 */
export function toIssues(error: z.ZodError, schema: z.ZodType): Issue[] {
  return error.issues.flatMap((issue) => describe(issue, schema));
}

/** The first `LIMITS.issues` of them, and one more that says how many there are beyond. */
export function bounded(issues: Issue[]): Issue[] {
  if (issues.length <= LIMITS.issues) return issues;
  const more = issues.length - LIMITS.issues;
  return [
    ...issues.slice(0, LIMITS.issues),
    { path: "", problem: `${more} more problem${more === 1 ? "" : "s"} not listed`, allowed: "the contract" },
  ];
}
