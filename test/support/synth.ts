import { type TerraformStack, Testing } from "cdktf";

export type Json = Record<string, unknown>;

/** What a stack becomes: Terraform's JSON, by kind, type and name. */
export interface Synthesized {
  resource: Record<string, Record<string, Json>>;
  data: Record<string, Record<string, Json>>;
  output: Record<string, Json>;
}

/** Synthesizes what `build` puts into an empty stack. */
export function synth(build: (scope: TerraformStack) => void): Synthesized {
  const json = JSON.parse(Testing.synthScope((scope) => build(scope as TerraformStack)));
  return { resource: {}, data: {}, output: {}, ...json };
}

/** Every resource of a type. */
export function all(stack: Synthesized, type: string): Json[] {
  return Object.values(stack.resource[type] ?? {});
}

/** The one resource of a type. @throws where there are none, or several */
export function only(stack: Synthesized, type: string): Json {
  const found = all(stack, type);
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`there are ${found.length} ${type}, not one`);
  return first;
}
