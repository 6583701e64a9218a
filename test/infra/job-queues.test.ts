import { describe, expect, test } from "vitest";
import { JobQueues } from "../../infra/constructs/job-queues.ts";
import { account, environmentWith, keyArn, policyOf, statementOf } from "../support/infra.ts";
import { all, only, synth } from "../support/synth.ts";

const producer = "arn:aws:iam::210987654321:role/catalog-import";
const reader = "arn:aws:iam::123456789012:role/shop";
const other = "arn:aws:iam::555555555555:role/orders";

function queuesWith(queues: Record<string, unknown> = {}) {
  return synth((scope) => {
    new JobQueues(scope, "queues", { ...environmentWith({ queues }).queues, account, prefix: "", keyArn });
  });
}

type Stack = ReturnType<typeof queuesWith>;

function queue(stack: Stack, name: string) {
  const found = all(stack, "aws_sqs_queue").find((each) => String(each.name).startsWith(`product-${name}`));
  if (!found) throw new Error(`no queue ${name}`);
  return found;
}

function policy(stack: Stack, name: string) {
  const found = Object.entries(stack.resource.aws_sqs_queue_policy ?? {}).find(([id]) =>
    id.includes(`_${name}-policy_`),
  );
  return policyOf(found?.[1]);
}

const NAMES = ["requests", "results", "dead-letters"];

test("FIFO queues are for high throughput, each product by itself", () => {
  const stack = queuesWith();
  for (const name of NAMES) {
    expect(queue(stack, name)).toMatchObject({
      name: `product-${name}.fifo`,
      fifo_queue: true,
      deduplication_scope: "messageGroup",
      fifo_throughput_limit: "perMessageGroupId",
    });
  }
});

test("standard queues have nothing of a FIFO queue's", () => {
  const stack = queuesWith({ type: "standard" });
  for (const name of NAMES) {
    const made = queue(stack, name);
    expect(made.name).toBe(`product-${name}`);
    expect(Object.keys(made).filter((each) => /fifo|dedup/.test(each))).toEqual([]);
  }
});

test("every queue is encrypted with the key and takes SQS's largest message", () => {
  const stack = queuesWith({ replyQueues: [{ name: "orders" }] });
  const queues = all(stack, "aws_sqs_queue");
  expect(queues).toHaveLength(4);
  for (const each of queues) {
    expect(each).toMatchObject({ kms_master_key_id: keyArn, max_message_size: 1_048_576 });
  }
});

test("a request is given up after the deliveries that are set, and a dead letter is kept for 14 days", () => {
  const stack = queuesWith({ maxReceiveCount: 7, visibilityTimeout: 90, requestRetentionDays: 4 });
  const requests = queue(stack, "requests");
  expect(requests).toMatchObject({
    visibility_timeout_seconds: 90,
    message_retention_seconds: 4 * 86_400,
    receive_wait_time_seconds: 20,
  });
  const redrive = JSON.parse(String(requests.redrive_policy));
  expect(redrive.maxReceiveCount).toBe(7);
  expect(redrive.deadLetterTargetArn).toMatch(/^\$\{aws_sqs_queue\.queues_dead-letters_\w+\.arn\}$/);
  expect(queue(stack, "dead-letters").message_retention_seconds).toBe(1_209_600);
});

test("only the requests queue may use the dead-letter queue", () => {
  const allowed = only(queuesWith(), "aws_sqs_queue_redrive_allow_policy");
  const { redrivePermission, sourceQueueArns } = JSON.parse(String(allowed.redrive_allow_policy));
  expect(redrivePermission).toBe("byQueue");
  expect(sourceQueueArns).toEqual([expect.stringMatching(/^\$\{aws_sqs_queue\.queues_requests_\w+\.arn\}$/)]);
});

describe("who may do what", () => {
  const stack = queuesWith({
    producers: [producer],
    readers: [reader],
    replyQueues: [{ name: "orders", readers: [other] }],
  });

  test.each([...NAMES, "orders"])("nobody reaches %s without TLS", (name) => {
    expect(statementOf(policy(stack, name), "DenyWithoutTls")).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
  });

  test.each([
    ["requests", ["123456789012", "210987654321"]],
    ["results", ["123456789012"]],
    ["orders", ["123456789012", "555555555555"]],
    ["dead-letters", ["123456789012"]],
  ])("nobody reaches %s from an account that has no role listed for it", (name, accounts) => {
    const { Effect, Principal, Condition } = statementOf(policy(stack, name), "DenyOtherAccounts");
    expect({ Effect, Principal }).toEqual({ Effect: "Deny", Principal: "*" });
    const allowed = [...new Set(Condition?.StringNotEquals?.["aws:PrincipalAccount"])].sort();
    expect(allowed).toEqual(accounts);
  });

  test.each([
    ["requests", producer, ["sqs:SendMessage"]],
    ["results", reader, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]],
    ["orders", other, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]],
  ])("of %s, the roles listed may do what they are listed for and nothing more", (name, role, actions) => {
    const allowed = policy(stack, name).Statement.filter(({ Effect }) => Effect === "Allow");
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({ Principal: { AWS: [role] }, Action: actions });
  });

  test("with no roles listed, a queue's policy allows nothing", () => {
    const nobody = queuesWith();
    const allowed = NAMES.flatMap((name) => policy(nobody, name).Statement).filter(
      ({ Effect }) => Effect === "Allow",
    );
    expect(allowed).toEqual([]);
  });
});
