import type { Account } from "../../infra/account.ts";
import { type Environment, environment } from "../../infra/environment.ts";
import type { PolicyDocument, Statement } from "../../infra/policy.ts";
import type { Json } from "./synth.ts";

/** Values for constructs under test: what in a stack are Terraform's expressions. */
export const account: Account = { id: "123456789012", partition: "aws", region: "eu-west-1" };
export const keyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/** An environment of defaults, and what is said otherwise. */
export function environmentWith(input: Record<string, unknown> = {}): Environment {
  return environment.parse({ region: account.region, ...input });
}

/** The policy that a resource has, read. */
export function policyOf(resource: Json | undefined, name = "policy"): PolicyDocument {
  return JSON.parse(String(resource?.[name]));
}

/** A policy's one statement of that name. @throws where there is none */
export function statementOf(policy: PolicyDocument, sid: string): Statement {
  const found = policy.Statement.find(({ Sid }) => Sid === sid);
  if (!found)
    throw new Error(`no statement ${sid} among ${policy.Statement.map(({ Sid }) => Sid).join(", ")}`);
  return found;
}
