import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { environment } from "../infra/environment.ts";
import { anyRequest } from "../src/contract/request.ts";
import { result } from "../src/contract/result.ts";

/*
 * Writes the JSON Schemas of the contract and of an environment's file into docs/, or with --check says whether those
 * there are what src/contract/ and infra/environment.ts make of themselves.
 */

const schemas = [
  { file: "request.schema.json", schema: anyRequest, io: "input" },
  { file: "result.schema.json", schema: result, io: "output" },
  { file: "environment.schema.json", schema: environment, io: "input" },
] as const;

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

const stale: string[] = [];
for (const { file, schema, io } of schemas) {
  const path = fileURLToPath(new URL(`../docs/schemas/${file}`, import.meta.url));
  const text = `${JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: "any" }), undefined, 2)}\n`;
  if (!values.check) writeFileSync(path, text);
  else if (current(path) !== text) stale.push(`docs/schemas/${file}`);
}
if (stale.length > 0) {
  process.stderr.write(`${stale.join(" and ")} not as the code has it: run npm run schemas\n`);
  process.exit(1);
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
