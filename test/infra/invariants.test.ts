import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { App } from "cdktf";
import { describe, expect, onTestFinished, test } from "vitest";
import { policyProblems, resourceProblems } from "../../infra/invariants.ts";
import type { Statement } from "../../infra/policy.ts";
import { AwsStack } from "../../infra/stacks/aws-stack.ts";
import { environments, withStacks } from "../support/stacks.ts";

describe("what does not hold is refused:", () => {
  test.each([
    ["aws_sqs_queue", { name: "plain" }, "aws_sqs_queue must be encrypted with a key"],
    ["aws_dynamodb_table", { server_side_encryption: { enabled: true } }, "must be encrypted with a key"],
    ["aws_dynamodb_table", {}, "must be encrypted with a key"],
    ["aws_sns_topic", {}, "must be encrypted with a key"],
    ["aws_cloudwatch_log_group", {}, "must be encrypted with a key"],
    ["aws_s3_object", { server_side_encryption: "AES256" }, "must be encrypted with a key"],
    ["aws_launch_template", { block_device_mappings: [] }, "must be encrypted with a key"],
    ["aws_rds_cluster", {}, "is of a type that invariants.ts does not know"],
    ["aws_subnet", { map_public_ip_on_launch: true }, "must not give public addresses"],
    ["aws_vpc_security_group_ingress_rule", { cidr_ipv4: "0.0.0.0/0" }, "must let in a security group"],
    ["aws_security_group", { ingress: [{}] }, "must have its rules as resources of their own"],
    ["aws_internet_gateway", {}, "is a way to or from the internet"],
    ["aws_s3_bucket_public_access_block", { block_public_acls: true }, "must have block_public_policy"],
    ["aws_autoscaling_group", { tag: [] }, "must tag its instances"],
    ["aws_launch_template", {}, "must tag its instances and volumes"],
    [
      "aws_iam_policy",
      { policy: JSON.stringify({ Statement: [statement({ Action: "sqs:*" })] }) },
      "statement Mine allows sqs:*, and is not among the exceptions",
    ],
  ])("%s %o", (type, attributes, problem) => {
    expect(resourceProblems(type, attributes).join("\n")).toContain(problem);
  });

  test.each([
    ["a resource of all", { Resource: "*" }, "allows *"],
    ["a resource of many", { Resource: ["arn:aws:sqs:::a", "arn:aws:sqs:::*"] }, "allows arn:aws:sqs:::*"],
    ["everybody", { Principal: "*" as const }, "allows everybody"],
    ["everybody, in other words", { Principal: { AWS: "*" } }, "allows everybody"],
  ])("a statement for %s", (_, own, problem) => {
    expect(policyProblems([statement(own)]).join("\n")).toContain(problem);
  });

  test("a stack that would make such a resource does not synthesize", () => {
    const outdir = mkdtempSync(join(tmpdir(), "invariants-"));
    onTestFinished(() => rmSync(outdir, { recursive: true }));
    const app = new App({ outdir });
    const [environment] = environments;
    if (!environment) throw new Error("no environment");
    new SqsQueue(new AwsStack(app, "careless", environment), "queue", { name: "plain" });
    expect(() => app.synth()).toThrow("[careless/queue] aws_sqs_queue must be encrypted with a key");
  });
});

test("everybody is nobody in particular where a condition names who", () => {
  const Condition = { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/r" } };
  expect(policyProblems([statement({ Principal: "*", Condition })])).toEqual([]);
});

describe.each(environments)("every resource of $name", (environment) => {
  const stacks = withStacks(environment, (made) => made);
  const resources = Object.values(stacks).flatMap(({ resource }) =>
    Object.entries(resource).flatMap(([type, ofType]) =>
      Object.entries(ofType).map(([name, attributes]) => ({ type, name, attributes })),
    ),
  );

  test("holds, as it is written for Terraform", () => {
    expect(resources.length).toBeGreaterThan(50);
    const problems = resources.flatMap(({ type, name, attributes }) =>
      resourceProblems(type, attributes).map((problem) => `${name}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  test("is tagged by the provider with application and environment", () => {
    for (const { text } of Object.values(stacks)) {
      expect(JSON.parse(text).provider.aws[0].default_tags[0].tags).toMatchObject({
        application: "product-worker",
        environment: environment.name,
      });
    }
  });
});

function statement(own: Partial<Statement>): Statement {
  return { Sid: "Mine", Effect: "Allow", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:::a", ...own };
}
