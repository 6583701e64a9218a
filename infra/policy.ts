/** IAM's policy documents as plain objects, so that they can be read, compared and tested. */

export interface Statement {
  /** Names the statement, and the exception it may have in invariants.ts. */
  Sid: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | { AWS: string | string[] } | { Service: string };
  Action: string | string[];
  /** Left out of a role's trust policy only, which AWS refuses it in. */
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

export function policy(...statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** The document as Terraform takes it. */
export function policyText(...statements: Statement[]): string {
  return JSON.stringify(policy(...statements));
}

/** The condition that a key is used through a service of the region only, never directly. */
export function viaService(service: string, region: string): NonNullable<Statement["Condition"]> {
  return { StringEquals: { "kms:ViaService": `${service}.${region}.amazonaws.com` } };
}

/** Refuses what does not come over TLS. */
export function denyWithoutTls(action: string, resources: string | string[]): Statement {
  return {
    Sid: "DenyWithoutTls",
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: resources,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

/** The accounts of IAM ARNs, each once. */
export function accountsOf(arns: string[]): string[] {
  return [...new Set(arns.map((arn) => arn.split(":")[4] ?? ""))];
}
