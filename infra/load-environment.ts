import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { z } from "zod";
import { type Environment, environment } from "./environment.ts";

/** What is wrong with an environment's file, all of it at once. */
export class EnvironmentError extends Error {
  override name = "EnvironmentError";
}

/**
 * @param input what the file holds
 * @param file its name, for the message
 * @throws EnvironmentError that names each field, its value and the rule
 */
export function readEnvironment(input: unknown, file: string): Environment {
  const parsed = environment.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.flatMap((issue) => describe(issue));
  throw new EnvironmentError(`${file} does not describe an environment:\n${lines.join("\n")}`);
}

export interface NamedEnvironment {
  /** Of the file, without its ending: dev, prod. */
  name: string;
  config: Environment;
}

/**
 * Reads the environment that is asked for.
 * @param wanted the name of a file in infra/environments/, or the path of a JSON file
 * @throws EnvironmentError
 */
export function loadEnvironment(wanted: string): NamedEnvironment {
  const isPath = wanted.endsWith(".json");
  const name = basename(wanted, ".json");
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) {
    throw new EnvironmentError(
      `ENVIRONMENT is ${JSON.stringify(wanted)}: it must be the name of a file in infra/environments/ (dev, prod), or the path of a JSON file, whose name is 1 to 31 lower-case letters, digits or -`,
    );
  }
  const file = isPath ? wanted : new URL(`./environments/${name}.json`, import.meta.url);
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `it is not JSON: ${cause.message}` : "it cannot be read";
    throw new EnvironmentError(
      `ENVIRONMENT is ${JSON.stringify(wanted)}, but ${why}. infra/environments/dev.json is an example of such a file`,
      { cause },
    );
  }
  return { name, config: readEnvironment(input, isPath ? wanted : `infra/environments/${name}.json`) };
}

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => `  ${[...issue.path, name].join(".")} is not a field of an environment`);
  }
  const place = issue.path.join(".") || "the file";
  return [
    issue.input === undefined
      ? `  ${place} is missing: it ${issue.message}`
      : `  ${place} is ${short(issue.input)}: it ${issue.message}`,
  ];
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
