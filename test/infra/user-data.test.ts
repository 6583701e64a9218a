import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fillIn, UserData } from "../../infra/constructs/user-data.ts";
import { synth } from "../support/synth.ts";
import { terraformIn } from "../support/terraform.ts";
import { has } from "../support/tools.ts";
import { VARIABLES } from "./release/support/user-data.ts";

test("a boot script that names what has no value, or has no place for a value, is refused", () => {
  expect(() => fillIn("a ${b}", {})).toThrow("the boot script names ${b}, which has no value");
  expect(() => fillIn("a ${b}", { b: "1", c: "2" })).toThrow("the boot script has no place for c");
});

test("what the shell writes without braces stays", () => {
  expect(fillIn("${a} $A $(date) \"$1\" '\\n'", { a: "1" })).toBe("1 $A $(date) \"$1\" '\\n'");
});

test.skipIf(!has("terraform"))("an instance is given the script as it is written (needs terraform)", () => {
  const stack = synth((scope) => {
    new UserData(scope, "user-data", VARIABLES);
  });
  const { locals } = stack as unknown as { locals: Record<string, string> };
  const [name = ""] = Object.keys(locals);
  const folder = mkdtempSync(join(tmpdir(), "user-data-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const output = { script: { value: `\${base64encode(local.${name})}` } };
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ locals, output }));
  const terraform = terraformIn(folder);
  expect(terraform("apply", "-auto-approve")).toMatchObject({ status: 0 });
  const given = Buffer.from(terraform("output", "-raw", "script").stdout, "base64").toString();
  const template = readFileSync(new URL("../../infra/release/files/user-data.sh", import.meta.url), "utf8");
  expect(given).toBe(fillIn(template, VARIABLES));
});
