import { describe, expect, test } from "vitest";
import type { Pattern } from "../../../infra/constructs/observability/key-events.ts";
import { all, type Json } from "../../support/synth.ts";
import { matchesEvent, transformed } from "./event-pattern.ts";
import { KEY_ARN, KEY_ID, observed, referenceTo } from "./observed.ts";

const stack = observed();
const OTHER_ID = "00000000-12ab-34cd-56ef-1234567890ab";
const OTHER_ARN = KEY_ARN.replace(KEY_ID, OTHER_ID);

/** Rules by name, each with its pattern and its one target. */
const rules = Object.entries(stack.resource.aws_cloudwatch_event_rule ?? {}).map(([resource, rule]) => {
  const targets = all(stack, "aws_cloudwatch_event_target").filter(
    (target) => target.rule === `\${aws_cloudwatch_event_rule.${resource}.name}`,
  );
  expect(targets).toHaveLength(1);
  return {
    name: String(rule.name).replace("dev-product-worker-", ""),
    pattern: JSON.parse(String(rule.event_pattern)) as Pattern,
    target: targets[0] as Json & {
      input_transformer: { input_paths: Record<string, string>; input_template: string };
    },
  };
});

/** What is told of an event: the rule that matches, and its text. */
function told(event: unknown): [string, string][] {
  return rules
    .filter(({ pattern }) => matchesEvent(pattern, event))
    .map(({ name, target: { input_transformer } }) => [
      name,
      transformed(input_transformer.input_template, input_transformer.input_paths, event),
    ]);
}

/** A call as CloudTrail records it, in the form of the KMS guide's examples. */
function call(eventName: string, changes: Json = {}): Json {
  return {
    version: "0",
    source: "aws.kms",
    "detail-type": "AWS API Call via CloudTrail",
    account: "123456789012",
    time: "2026-02-08T10:00:05Z",
    region: "eu-west-1",
    resources: [],
    detail: {
      eventVersion: "1.08",
      userIdentity: { type: "IAMUser", arn: "arn:aws:iam::123456789012:user/Alice", userName: "Alice" },
      eventTime: "2026-02-08T10:00:00Z",
      eventSource: "kms.amazonaws.com",
      eventName,
      requestParameters: { keyId: KEY_ID },
      responseElements: { keyId: KEY_ARN },
      readOnly: false,
      resources: [{ accountId: "123456789012", type: "AWS::KMS::Key", ARN: KEY_ARN }],
      eventType: "AwsApiCall",
      ...changes,
    },
  };
}

/** What KMS itself tells, in the form of its guide. */
const notice = (type: string, arn = KEY_ARN): Json => ({
  ...{ version: "0", source: "aws.kms", "detail-type": type, account: "123456789012" },
  ...{ time: "2026-02-08T10:00:00Z", region: "eu-west-1", resources: [arn] },
  detail: { "key-id": arn.split("/")[1] },
});

const names = (event: unknown) => told(event).map(([name]) => name);

describe("a call on the products' key is told", () => {
  test.each([
    "DisableKey",
    "EnableKey",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "PutKeyPolicy",
    "RevokeGrant",
    "DisableKeyRotation",
    "EnableKeyRotation",
  ])("%s", (name) => {
    expect(names(call(name))).toEqual(["key-changed"]);
  });

  test.each<[string, Json]>([
    ["by its ARN", { requestParameters: { keyId: KEY_ARN } }],
    ["by its id, without resources", { resources: undefined }],
    ["only among the resources", { requestParameters: null }],
    ["among other resources", { requestParameters: null, resources: [{ ARN: OTHER_ARN }, { ARN: KEY_ARN }] }],
  ])("where the key is named %s", (_, changes) => {
    expect(names(call("DisableKey", changes))).toEqual(["key-changed"]);
  });

  test("with who, when and what it leads to", () => {
    expect(told(call("ScheduleKeyDeletion"))[0]?.[1]).toMatch(
      /^"ScheduleKeyDeletion was called on the products' key 1234abcd-.+ by arn:aws:iam::123456789012:user\/Alice at 2026-02-08T10:00:00Z\. .+"$/,
    );
  });

  test("as a try, where it was refused", () => {
    const refused = call("DisableKey", { errorCode: "AccessDenied", requestParameters: null });
    expect(told(refused)).toEqual([
      ["key-change-refused", expect.stringContaining("was tried by arn:aws:iam::123456789012:user/Alice")],
    ]);
    expect(told(refused)[0]?.[1]).toContain("refused: AccessDenied.");
  });
});

describe("nothing is told of", () => {
  test.each<[string, Json]>([
    [
      "another key",
      call("DisableKey", { requestParameters: { keyId: OTHER_ID }, resources: [{ ARN: OTHER_ARN }] }),
    ],
    ["use of the key", call("Decrypt")],
    ["a look at the key", call("DescribeKey")],
    ["another service", { ...call("DisableKey"), source: "aws.sqs" }],
    ["another key's rotation", notice("KMS CMK Rotation", OTHER_ARN)],
    ["another key's deletion", notice("KMS CMK Deletion", OTHER_ARN)],
  ])("%s", (_, event) => {
    expect(names(event)).toEqual([]);
  });
});

describe("KMS's own notices are told", () => {
  test.each([
    ["KMS CMK Rotation", "key-rotated", "has new key material since 2026-02-08T10:00:00Z"],
    ["KMS CMK Deletion", "key-deleted", "was deleted at 2026-02-08T10:00:00Z"],
  ])("%s", (type, name, text) => {
    expect(told(notice(type))).toEqual([[name, expect.stringContaining(text)]]);
    expect(told(notice(type))[0]?.[1]).toContain(`key ${KEY_ID} `);
  });
});

describe("each rule", () => {
  test.each(rules)(
    "$name sends readable text to the topic, within EventBridge's limits",
    ({ name, target }) => {
      const { input_paths, input_template } = target.input_transformer;
      expect(target.arn).toBe(referenceTo(stack, "aws_sns_topic", "arn"));
      expect(target).not.toHaveProperty("role_arn");
      // Text has to be a JSON string; what it takes from the event is not escaped, and none of it has quotes.
      expect(typeof JSON.parse(input_template)).toBe("string");
      expect(input_template.length).toBeLessThanOrEqual(8192);
      expect(Object.keys(input_paths).every((key) => /^(?!AWS)[A-Za-z0-9_-]+$/.test(key))).toBe(true);
      const used = [...input_template.matchAll(/<([\w-]+)>/g)].map(([, key]) => key).sort();
      expect(used).toEqual(Object.keys(input_paths).sort());
      // With the longest prefix that a configuration may have.
      expect(`${"x".repeat(16)}product-worker-${name}`.length).toBeLessThanOrEqual(64);
    },
  );
});
