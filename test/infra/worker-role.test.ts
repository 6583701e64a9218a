import { describe, expect, test } from "vitest";
import { AccessPolicies } from "../../infra/constructs/access-policies.ts";
import type { WorkerResources } from "../../infra/constructs/worker-policy.ts";
import { WorkerRole } from "../../infra/constructs/worker-role.ts";
import type { Statement } from "../../infra/policy.ts";
import { account, keyArn, policyOf, statementOf } from "../support/infra.ts";
import { all, only, synth } from "../support/synth.ts";

const queue = (name: string) => ({
  name,
  url: `https://${name}`,
  arn: `arn:aws:sqs:eu-west-1:123456789012:${name}`,
});
const resources: WorkerResources = {
  region: account.region,
  keyArn,
  tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/products",
  requests: queue("requests"),
  results: queue("results"),
  deadLetters: queue("dead-letters"),
  replies: [queue("orders")],
};
const logGroupArn = "arn:aws:logs:eu-west-1:123456789012:log-group:/product-worker/worker";
const boundary = "arn:aws:iam::123456789012:policy/boundary";

function roleWith(permissionsBoundary?: string) {
  return synth((scope) => {
    new WorkerRole(scope, "role", {
      account,
      prefix: "",
      resources,
      release: { objectArn: "arn:aws:s3:::releases/product-worker-arm64.tar.gz" },
      logGroupArn,
      autoScalingGroupName: "product-worker",
      permissionsBoundary,
    });
  });
}

function named(stack: ReturnType<typeof synth>, name: string) {
  return policyOf(all(stack, "aws_iam_policy").find((each) => each.name === name));
}

describe("the role of the instances", () => {
  const stack = roleWith();

  test("has the original document's names, and both policies", () => {
    expect(only(stack, "aws_iam_role").name).toBe("EC2-DynamoDB-Role");
    expect(only(stack, "aws_iam_instance_profile").name).toBe("EC2-DynamoDB-Profile");
    expect(all(stack, "aws_iam_policy").map(({ name }) => name)).toEqual(
      expect.arrayContaining(["DynamoDB-KMS-Policy", "product-worker-machine"]),
    );
    expect(all(stack, "aws_iam_role_policy_attachment")).toHaveLength(2);
  });

  test("is EC2's only", () => {
    expect(policyOf(only(stack, "aws_iam_role"), "assume_role_policy").Statement).toEqual([
      {
        Sid: "Instances",
        Effect: "Allow",
        Principal: { Service: "ec2.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ]);
  });

  test("is bounded where a boundary is set", () => {
    expect(only(stack, "aws_iam_role").permissions_boundary).toBeUndefined();
    expect(only(roleWith(boundary), "aws_iam_role").permissions_boundary).toBe(boundary);
  });

  test("uses the key through DynamoDB, SQS and S3 only, and administers it nowhere", () => {
    const statements = ["DynamoDB-KMS-Policy", "product-worker-machine"].flatMap(
      (name) => named(stack, name).Statement,
    );
    const ofKey = statements.filter(({ Action }) => [Action].flat().some((each) => each.startsWith("kms:")));
    expect(
      ofKey.map(({ Action, Resource, Condition }) => ({ Action, Resource, via: via(Condition) })),
    ).toEqual([
      { Action: ["kms:Decrypt"], Resource: keyArn, via: "dynamodb.eu-west-1.amazonaws.com" },
      {
        Action: ["kms:Decrypt", "kms:GenerateDataKey"],
        Resource: keyArn,
        via: "sqs.eu-west-1.amazonaws.com",
      },
      { Action: ["kms:Decrypt"], Resource: keyArn, via: "s3.eu-west-1.amazonaws.com" },
    ]);
  });

  test("lets the machine fetch its release, write its own log, end itself, and be reached by Session Manager", () => {
    const machine = named(stack, "product-worker-machine");
    expect(machine.Statement.map(({ Sid }) => Sid)).toEqual([
      "Release",
      "KeyThroughS3",
      "OwnLogGroup",
      "OwnTermination",
      "SessionManager",
    ]);
    expect(statementOf(machine, "OwnLogGroup").Resource).toEqual([
      logGroupArn,
      `${logGroupArn}:log-stream:*`,
    ]);
    expect(statementOf(machine, "OwnTermination")).toMatchObject({
      Action: ["autoscaling:CompleteLifecycleAction"],
      Resource:
        "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:*:autoScalingGroupName/product-worker",
    });
  });
});

describe("the policies for others", () => {
  const stack = synth((scope) => {
    new AccessPolicies(scope, "access", { prefix: "", resources, logGroupArn });
  });
  const actions = (statements: Statement[]) => statements.flatMap(({ Action }) => Action);

  test("producers send requests and read nothing", () => {
    const { Statement } = named(stack, "product-worker-producers");
    expect(actions(Statement)).toEqual([
      "sqs:SendMessage",
      "sqs:GetQueueUrl",
      "kms:GenerateDataKey",
      "kms:Decrypt",
    ]);
    expect(Statement[0]?.Resource).toBe(resources.requests.arn);
  });

  test("readers read results and replies, and send nothing", () => {
    const { Statement } = named(stack, "product-worker-readers");
    expect(actions(Statement)).not.toContain("sqs:SendMessage");
    expect(actions(Statement)).not.toContain("kms:GenerateDataKey");
    expect(Statement[0]?.Resource).toEqual([
      resources.results.arn,
      "arn:aws:sqs:eu-west-1:123456789012:orders",
    ]);
  });

  test("operators redrive dead letters and rotate the key, and neither write products nor delete the key", () => {
    const policy = named(stack, "product-worker-operators");
    expect(statementOf(policy, "Redrive").Resource).toBe(resources.deadLetters.arn);
    expect(statementOf(policy, "SeeAndRotateKey").Action).toContain("kms:RotateKeyOnDemand");
    for (const forbidden of [
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
      "sqs:PurgeQueue",
    ]) {
      expect(actions(policy.Statement)).not.toContain(forbidden);
    }
    expect(
      actions(policy.Statement).filter((each) => /^kms:(?:Disable|Schedule|Put|Create)/.test(each)),
    ).toEqual([]);
  });

  test("operators may start a redrive: reading from the dead letters and sending to the requests is part of it", () => {
    const { Statement } = named(stack, "product-worker-operators");
    const may = (action: string, arn: string) =>
      Statement.some(
        ({ Action, Resource }) => [Action].flat().includes(action) && [Resource ?? []].flat().includes(arn),
      );
    for (const action of ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]) {
      expect(may(action, resources.deadLetters.arn), action).toBe(true);
    }
    expect(may("sqs:SendMessage", resources.requests.arn)).toBe(true);
  });
});

function via(condition: Statement["Condition"]) {
  return condition?.StringEquals?.["kms:ViaService"];
}
