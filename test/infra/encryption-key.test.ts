import { expect, test } from "vitest";
import { EncryptionKey } from "../../infra/constructs/encryption-key.ts";
import { queueUserStatements } from "../../infra/constructs/key-users.ts";
import { account, environmentWith, policyOf } from "../support/infra.ts";
import { only, synth } from "../support/synth.ts";

const producer = "arn:aws:iam::123456789012:role/catalog-import";
const reader = "arn:aws:iam::210987654321:role/shop";

function keyWith(input: Record<string, unknown> = {}) {
  const config = environmentWith(input);
  return synth((scope) => {
    new EncryptionKey(scope, "key", {
      account,
      alias: config.key.alias,
      description: "products",
      rotationDays: config.key.rotationDays,
      deletionWindowDays: config.key.deletionWindowDays,
      statements: queueUserStatements(config.queues, config.region),
      disposable: config.disposable,
    });
  });
}

test("the key rotates by itself, once a year unless said otherwise", () => {
  expect(only(keyWith(), "aws_kms_key")).toMatchObject({
    enable_key_rotation: true,
    rotation_period_in_days: 365,
    deletion_window_in_days: 30,
  });
  const key = only(keyWith({ key: { rotationDays: 90, deletionWindowDays: 7 } }), "aws_kms_key");
  expect(key).toMatchObject({ rotation_period_in_days: 90, deletion_window_in_days: 7 });
});

test("the alias is the original document's", () => {
  expect(only(keyWith(), "aws_kms_alias").name).toBe("alias/dynamodb-key");
});

test("a key that is not disposable is not destroyed with its stack", () => {
  expect(only(keyWith(), "aws_kms_key").lifecycle).toEqual({ prevent_destroy: true });
  expect(only(keyWith({ disposable: true }), "aws_kms_key").lifecycle).toBeUndefined();
});

test("with no roles listed, the key's policy is the account's administration and nothing more", () => {
  expect(policyOf(only(keyWith(), "aws_kms_key")).Statement).toEqual([
    {
      Sid: "AccountAdministration",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: "kms:*",
      Resource: "*",
    },
  ]);
});

test("senders and readers that are listed use the key through SQS only, each as far as they have to", () => {
  const stack = keyWith({
    queues: {
      producers: [producer],
      readers: [reader],
      replyQueues: [{ name: "orders", readers: [reader] }],
    },
  });
  const [, ...granted] = policyOf(only(stack, "aws_kms_key")).Statement;
  const Condition = { StringEquals: { "kms:ViaService": "sqs.eu-west-1.amazonaws.com" } };
  const common = { Effect: "Allow", Resource: "*", Condition };
  expect(granted).toEqual([
    {
      Sid: "SendersThroughSqs",
      Principal: { AWS: [producer] },
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      ...common,
    },
    { Sid: "ReadersThroughSqs", Principal: { AWS: [reader] }, Action: ["kms:Decrypt"], ...common },
  ]);
});
