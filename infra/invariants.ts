import {
  Annotations,
  DefaultTokenResolver,
  type IAspect,
  StringConcat,
  type TerraformElement,
  TerraformProvider,
  TerraformResource,
  TerraformStack,
  Tokenization,
} from "cdktf";
import type { IConstruct } from "constructs";
import type { Statement } from "./policy.ts";

/*
 * What holds for every resource of every environment, whoever adds it: checked at each synthesis, which fails where
 * one does not hold.
 */

type Attributes = Record<string, unknown>;

/** Statements that name more than they should have to, and why they do. */
const EXCEPTIONS: Record<string, string> = {
  AccountAdministration: "a key's policy is about that key alone, and a key that nobody administers is lost",
  SendersThroughSqs: "a key's policy is about that key alone",
  ReadersThroughSqs: "a key's policy is about that key alone",
  WorkerLog:
    "a key's policy is about that key alone; CloudWatch Logs asks for these actions by these patterns",
  AlarmsToTopic: "a key's policy is about that key alone; so does SNS",
  KeyEventsToTopic: "a key's policy is about that key alone; so does SNS",
  SessionManager: "what the SSM agent calls takes no resource",
  SeeKeyEventsAndMetrics: "these calls take no resource",
  OwnTermination: "a group's ARN has an id that is not known before the group is",
  OwnLogGroup: "the streams in the worker's own log group",
  ReadLog: "the streams in the worker's own log group",
  AmazonLinuxPackages: "the objects of Amazon Linux's own, public repository",
};

/** Whether a resource that holds data is encrypted with a key that the customer manages. */
const ENCRYPTED: Record<string, (attributes: Attributes) => boolean> = {
  aws_dynamodb_table: ({ server_side_encryption: sse }) =>
    has(sse, "enabled", true) && typeof field(sse, "kms_key_arn") === "string",
  aws_sqs_queue: ({ kms_master_key_id }) => typeof kms_master_key_id === "string",
  aws_sns_topic: ({ kms_master_key_id }) => typeof kms_master_key_id === "string",
  aws_cloudwatch_log_group: ({ kms_key_id }) => typeof kms_key_id === "string",
  aws_s3_object: ({ kms_key_id }) => typeof kms_key_id === "string",
  // With EC2's own key: the disk holds no product, and an instance must be able to boot and tell of it when the
  // key is disabled.
  aws_launch_template: ({ block_device_mappings: disks }) =>
    list(disks).length > 0 && list(disks).every((disk) => has(field(disk, "ebs"), "encrypted", "true")),
};

/** Resources that hold no data of their own. */
const WITHOUT_DATA = new Set([
  "aws_autoscaling_group",
  "aws_autoscaling_lifecycle_hook",
  "aws_autoscaling_policy",
  "aws_cloudwatch_composite_alarm",
  "aws_cloudwatch_dashboard",
  "aws_cloudwatch_event_rule",
  "aws_cloudwatch_event_target",
  "aws_cloudwatch_log_metric_filter",
  "aws_cloudwatch_metric_alarm",
  "aws_iam_instance_profile",
  "aws_iam_policy",
  "aws_iam_role",
  "aws_iam_role_policy_attachment",
  "aws_kms_alias",
  "aws_kms_key",
  "aws_route_table",
  "aws_route_table_association",
  // The bucket's encryption is a resource of its own, and its objects are checked each.
  "aws_s3_bucket",
  "aws_s3_bucket_lifecycle_configuration",
  "aws_s3_bucket_ownership_controls",
  "aws_s3_bucket_policy",
  "aws_s3_bucket_public_access_block",
  "aws_s3_bucket_server_side_encryption_configuration",
  "aws_s3_bucket_versioning",
  "aws_security_group",
  "aws_sns_topic_policy",
  "aws_sns_topic_subscription",
  "aws_sqs_queue_policy",
  "aws_sqs_queue_redrive_allow_policy",
  "aws_subnet",
  "aws_vpc",
  "aws_vpc_endpoint",
  "aws_vpc_security_group_egress_rule",
  "aws_vpc_security_group_ingress_rule",
]);

export class Invariants implements IAspect {
  visit(node: IConstruct): void {
    if (TerraformStack.isStack(node)) this.#report(node, stackProblems(node));
    if (TerraformResource.isTerraformResource(node)) {
      const type = node.terraformResourceType;
      this.#report(node, resourceProblems(type, attributesOf(node)));
    }
  }

  #report(node: IConstruct, problems: string[]): void {
    for (const problem of problems) Annotations.of(node).addError(problem);
  }
}

/** What is wrong with a resource, as it would be written for Terraform. */
export function resourceProblems(type: string, attributes: Attributes): string[] {
  return [
    ...encryptionProblems(type, attributes),
    ...publicProblems(type, attributes),
    ...tagProblems(type, attributes),
    ...["policy", "assume_role_policy"].flatMap((name) => {
      const text = attributes[name];
      return typeof text === "string" ? policyProblems(JSON.parse(text).Statement) : [];
    }),
  ];
}

function encryptionProblems(type: string, attributes: Attributes): string[] {
  const encrypted = ENCRYPTED[type];
  if (encrypted) return encrypted(attributes) ? [] : [`${type} must be encrypted with a key`];
  return WITHOUT_DATA.has(type)
    ? []
    : [`${type} is of a type that invariants.ts does not know: say there whether it holds data`];
}

function publicProblems(type: string, attributes: Attributes): string[] {
  const problems: string[] = [];
  if (type === "aws_internet_gateway" || type === "aws_nat_gateway" || type === "aws_eip") {
    problems.push(`${type} is a way to or from the internet`);
  }
  if (attributes.map_public_ip_on_launch === true || attributes.associate_public_ip_address === true) {
    problems.push(`${type} must not give public addresses`);
  }
  if (type.endsWith("ingress_rule") && !attributes.referenced_security_group_id) {
    problems.push(`${type} must let in a security group, not addresses`);
  }
  if (type === "aws_security_group" && (attributes.ingress || attributes.egress)) {
    problems.push(`${type} must have its rules as resources of their own, which are checked each`);
  }
  if (type === "aws_s3_bucket_public_access_block") {
    const names = [
      "block_public_acls",
      "block_public_policy",
      "ignore_public_acls",
      "restrict_public_buckets",
    ];
    for (const name of names) {
      if (attributes[name] !== true) problems.push(`${type} must have ${name}`);
    }
  }
  return problems;
}

/** The provider tags what it makes; what others make of a group or a template, it does not. */
function tagProblems(type: string, attributes: Attributes): string[] {
  if (type === "aws_autoscaling_group") {
    const tags = list(attributes.tag);
    const reach = tags.length > 0 && tags.every((tag) => has(tag, "propagate_at_launch", true));
    return reach ? [] : [`${type} must tag its instances`];
  }
  if (type === "aws_launch_template") {
    const kinds = list(attributes.tag_specifications).map((each) => field(each, "resource_type"));
    return kinds.includes("instance") && kinds.includes("volume")
      ? []
      : [`${type} must tag its instances and volumes`];
  }
  return [];
}

export function policyProblems(statements: Statement[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.Effect !== "Allow") return [];
    const problems: string[] = [];
    const { Sid, Principal, Condition } = statement;
    const excepted = EXCEPTIONS[Sid] !== undefined;
    const wild = [...list(statement.Action), ...list(statement.Resource ?? [])].filter((each) =>
      String(each).includes("*"),
    );
    if (wild.length > 0 && !excepted) {
      problems.push(
        `statement ${Sid} allows ${wild.join(", ")}, and is not among the exceptions in invariants.ts`,
      );
    }
    const everybody = Principal === "*" || (typeof Principal === "object" && has(Principal, "AWS", "*"));
    const named = JSON.stringify(Condition ?? {}).match(/"aws:(?:PrincipalArn|PrincipalAccount)"/);
    if (everybody && !named && !excepted) problems.push(`statement ${Sid} allows everybody`);
    return problems;
  });
}

function stackProblems(stack: TerraformStack): string[] {
  const providers = stack.node.findAll().filter((node) => TerraformProvider.isTerraformProvider(node));
  const tagged = providers.every((node) => {
    const [tags] = list(attributesOf(node).default_tags);
    return ["application", "environment"].every((name) => field(field(tags, "tags"), name));
  });
  return providers.length > 0 && tagged
    ? []
    : ["the provider must tag everything with application and environment"];
}

/** What Terraform is given of an element, with expressions where there are values that only it knows. */
function attributesOf(element: TerraformElement): Attributes {
  const written = Tokenization.resolve(element.toTerraform(), {
    scope: element,
    resolver: new DefaultTokenResolver(new StringConcat()),
    preparing: false,
  });
  // { resource: { type: { name: attributes } } }, or { provider: { name: [attributes] } }
  const [ofType] = Object.values(written.resource ?? written.provider ?? {});
  const [attributes = {}] = Object.values(ofType as Attributes);
  return attributes as Attributes;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Attributes)[name] : undefined;
}

function has(value: unknown, name: string, expected: unknown): boolean {
  return field(value, name) === expected;
}

function list(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
