/** An IAM policy document, as far as a role's least privilege needs one. */
export interface PolicyDocument {
  Version?: string;
  Statement: readonly Statement[];
}

export interface Statement {
  Sid?: string;
  Effect: string;
  Action?: OneOrMore;
  NotAction?: OneOrMore;
  Resource?: OneOrMore;
  NotResource?: OneOrMore;
  /** Operator, then key, then what it is compared with. */
  Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

type OneOrMore = string | readonly string[];

/** A statement's grants of some services, with both lists written out. */
interface Grant {
  statement: Statement;
  actions: string[];
  resources: string[];
}

/**
 * What a policy allows of DynamoDB and SQS, as `action resource`; a condition narrows that and is not looked at.
 * @param nameOf the name that stands for a resource's ARN
 * @throws where the grants cannot be listed one by one: wildcards, NotAction, NotResource, Deny
 */
export function granted(policy: PolicyDocument, nameOf: (resourceArn: string) => string): Set<string> {
  const entries = new Set<string>();
  for (const { actions, resources } of grantsOf(policy, ["dynamodb", "sqs"])) {
    for (const action of actions) for (const arn of resources) entries.add(`${action} ${nameOf(arn)}`);
  }
  return entries;
}

/**
 * What a policy allows of KMS, as `kms:Decrypt sqs`: the service is the one that `kms:ViaService` names.
 * @throws as `granted`, and where a key may be used without a service between
 */
export function grantedKms(policy: PolicyDocument): Set<string> {
  const entries = new Set<string>();
  for (const { statement, actions } of grantsOf(policy, ["kms"])) {
    for (const service of viaServices(statement)) {
      for (const action of actions) entries.add(`${action} ${service}`);
    }
  }
  return entries;
}

function grantsOf(policy: PolicyDocument, services: readonly string[]): Grant[] {
  return policy.Statement.map((statement) => {
    const actions = actionsOf(statement, services);
    return { statement, actions, resources: actions.length > 0 ? resourcesOf(statement) : [] };
  }).filter(({ actions }) => actions.length > 0);
}

/** The actions of those services. @throws where others than those listed may be meant too */
function actionsOf(statement: Statement, services: readonly string[]): string[] {
  const { Effect, Action, NotAction, NotResource } = statement;
  if (Effect !== "Allow") throw refusal(statement, `its effect is ${Effect}, not Allow`);
  if (NotAction !== undefined) throw refusal(statement, "NotAction allows whatever it does not name");
  if (NotResource !== undefined) throw refusal(statement, "NotResource allows whatever it does not name");
  const all = listOf(Action);
  if (all.length === 0) throw refusal(statement, "it names no action");
  // IAM does not mind the case of an action; here it must be the usual one, to compare.
  const service = new RegExp(`^(${services.join("|")}):`, "i");
  const actions = all.filter((action) => service.test(action) || !/^[a-z0-9-]+:/i.test(action));
  const unclear = actions.find((action) => !/^[a-z0-9]+:[A-Z][A-Za-z]+$/.test(action));
  if (unclear !== undefined) {
    throw refusal(statement, `its action ${unclear} is not a single one, as sqs:SendMessage`);
  }
  return actions;
}

function resourcesOf(statement: Statement): string[] {
  const resources = listOf(statement.Resource);
  if (resources.length === 0) throw refusal(statement, "it names no resource");
  const wild = resources.find((resource) => /[*?]/.test(resource));
  if (wild !== undefined) throw refusal(statement, `its resource ${wild} has a wildcard`);
  return resources;
}

/*
 * Only StringEquals will do: StringEqualsIfExists holds where a key is used directly, which has no ViaService,
 * and StringLike is for wildcards.
 */
function viaServices(statement: Statement): string[] {
  const via = listOf(statement.Condition?.StringEquals?.["kms:ViaService"]);
  if (via.length === 0) throw refusal(statement, "no StringEquals condition on kms:ViaService");
  return via.map((host) => {
    // The region may be a Terraform expression.
    const service = /^([a-z0-9-]+)\.[^*?]+\.amazonaws\.com(\.cn)?$/.exec(host)?.[1];
    if (service === undefined) throw refusal(statement, `kms:ViaService ${host} is not a service's name`);
    return service;
  });
}

function listOf(value: OneOrMore | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : [...value];
}

function refusal(statement: Statement, why: string): Error {
  return new Error(`cannot list what a statement allows, ${why}: ${JSON.stringify(statement)}`);
}
