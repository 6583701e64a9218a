import { describe, expect, test } from "vitest";
import { LogGroup, logGroupKeyStatement } from "../../../infra/constructs/observability/log-group.ts";
import { topicKeyStatements } from "../../../infra/constructs/observability/notifications.ts";
import type { PolicyDocument, Statement } from "../../../infra/policy.ts";
import { all, only, synth } from "../../support/synth.ts";
import { ACCOUNT, OPERATIONS_KEY_ARN, observed, referenceTo } from "./observed.ts";

const stack = observed();
const topicArn = referenceTo(stack, "aws_sns_topic", "arn");
const TOPIC = "dev-product-worker-notifications";
const OUR_ALARMS = {
  StringEquals: { "aws:SourceAccount": "123456789012" },
  ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:dev-product-worker-*" },
};
const bySid = (statements: Statement[]) => Object.fromEntries(statements.map((each) => [each.Sid, each]));

describe("the topic", () => {
  const { policy, arn } = only(stack, "aws_sns_topic_policy");
  const document = JSON.parse(String(policy)) as PolicyDocument;
  const statements = bySid(document.Statement);

  test("is encrypted with the operations key", () => {
    expect(only(stack, "aws_sns_topic")).toMatchObject({
      name: TOPIC,
      kms_master_key_id: OPERATIONS_KEY_ARN,
    });
  });

  test("has mail subscribers that are named by address", () => {
    const found = all(stack, "aws_sns_topic_subscription");
    expect(found).toEqual(
      ["night@example.com", "ops@example.com"].map((endpoint) => ({
        ...{ endpoint, protocol: "email", topic_arn: topicArn },
      })),
    );
    const names = (subscribers: string[]) =>
      Object.keys(observed({ subscribers }).resource.aws_sns_topic_subscription ?? {});
    const [kept] = names(["night@example.com"]);
    expect(names(["ops@example.com", "night@example.com"])).toContain(kept);
    expect(names([])).toEqual([]);
  });

  test("takes messages from our alarms, from EventBridge, and from nobody else", () => {
    expect(arn).toBe(topicArn);
    expect(Object.keys(statements)).toEqual(["Alarms", "KeyEvents", "DenyWithoutTls"]);
    expect(statements.Alarms).toEqual({
      ...{ Sid: "Alarms", Effect: "Allow", Action: "sns:Publish", Resource: topicArn },
      ...{ Principal: { Service: "cloudwatch.amazonaws.com" }, Condition: OUR_ALARMS },
    });
    // EventBridge supports no conditions here.
    expect(statements.KeyEvents).toEqual({
      ...{ Sid: "KeyEvents", Effect: "Allow", Action: "sns:Publish", Resource: topicArn },
      Principal: { Service: "events.amazonaws.com" },
    });
  });

  test("refuses what does not come over TLS", () => {
    expect(statements.DenyWithoutTls).toMatchObject({
      ...{ Effect: "Deny", Principal: "*", Action: "sns:Publish", Resource: topicArn },
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
  });
});

describe("the operations key's policy", () => {
  const statements = bySid(topicKeyStatements(ACCOUNT, "dev-"));
  const use = { Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Resource: "*" };

  test("lets our alarms use it", () => {
    expect(statements.AlarmsToTopic).toEqual({
      ...{ Sid: "AlarmsToTopic", ...use, Principal: { Service: "cloudwatch.amazonaws.com" } },
      Condition: OUR_ALARMS,
    });
  });

  test("lets EventBridge use it for the topic, without the source conditions that it does not support", () => {
    expect(statements.KeyEventsToTopic).toEqual({
      ...{ Sid: "KeyEventsToTopic", ...use, Principal: { Service: "events.amazonaws.com" } },
      Condition: {
        StringEquals: {
          "kms:EncryptionContext:aws:sns:topicArn": `arn:aws:sns:eu-west-1:123456789012:${TOPIC}`,
        },
      },
    });
  });

  test("lets CloudWatch Logs use it for the worker's log group only", () => {
    expect(logGroupKeyStatement(ACCOUNT, "dev-")).toMatchObject({
      ...{ Effect: "Allow", Principal: { Service: "logs.eu-west-1.amazonaws.com" }, Resource: "*" },
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      Condition: {
        ArnEquals: {
          "kms:EncryptionContext:aws:logs:arn":
            "arn:aws:logs:eu-west-1:123456789012:log-group:/dev-product-worker/worker",
        },
      },
    });
  });

  test("never lets a service use it unconditionally", () => {
    for (const statement of [...topicKeyStatements(ACCOUNT, ""), logGroupKeyStatement(ACCOUNT, "")]) {
      expect(statement.Condition).toBeDefined();
    }
  });
});

test("the log group has the name that the key's policy names, the key, and an end to what it keeps", () => {
  const made = synth((scope) => {
    const group = new LogGroup(scope, "log", {
      prefix: "dev-",
      keyArn: OPERATIONS_KEY_ARN,
      retentionDays: 30,
    });
    expect(group.arn).toMatch(/TOKEN/);
  });
  expect(only(made, "aws_cloudwatch_log_group")).toEqual({
    ...{ name: "/dev-product-worker/worker", kms_key_id: OPERATIONS_KEY_ARN, retention_in_days: 30 },
  });
});
