import { readFileSync } from "node:fs";
import { TerraformLocal } from "cdktf";
import { Construct } from "constructs";

const TEMPLATE = new URL("../release/files/user-data.sh", import.meta.url);

/**
 * The script that an instance runs as it boots. It is a local value of the stack: in Terraform's JSON a string needs no
 * quoting, so that the script stays as it is written, and the stack needs no file beside it.
 */
export class UserData extends Construct {
  readonly text: string;

  /** @param variables what stands for each \${name} in the script */
  constructor(scope: Construct, id: string, variables: Record<string, string>) {
    super(scope, id);
    const script = fillIn(readFileSync(TEMPLATE, "utf8"), variables);
    this.text = new TerraformLocal(this, "script", script).asString;
  }
}

/** @throws Error where the script names a variable that has no value, or has no place for one */
export function fillIn(template: string, variables: Record<string, string>): string {
  const used = new Set<string>();
  const text = template.replaceAll(/\$\{([a-z_0-9]+)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`the boot script names \${${name}}, which has no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(variables).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the boot script has no place for ${unused.join(", ")}`);
  return text;
}
