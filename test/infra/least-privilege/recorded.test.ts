import { beforeAll, describe, expect, test } from "vitest";
import { granted, grantedKms } from "./granted.ts";
import { kmsNeeds } from "./kms-needs.ts";
import { recordSteps, union } from "./recorded.ts";
import { policy } from "./role.ts";

const ANSWERED = ["sqs:SendMessage results", "sqs:DeleteMessage requests"];

/** What each step uses beside the receives, which no step begins by itself. */
const USED: Record<string, string[]> = {
  starts: [
    "sqs:GetQueueAttributes requests",
    "sqs:GetQueueAttributes results",
    "sqs:GetQueueAttributes reply",
    "sqs:GetQueueAttributes deadLetters",
  ],
  writes: ["dynamodb:UpdateItem table", ...ANSWERED],
  gets: ["dynamodb:BatchGetItem table", ...ANSWERED],
  refuses: ANSWERED,
  replies: ["dynamodb:BatchGetItem table", "sqs:SendMessage reply", "sqs:DeleteMessage requests"],
  parks: ["sqs:SendMessage deadLetters", "sqs:DeleteMessage requests"],
  givesUp: [
    "dynamodb:UpdateItem table",
    "sqs:ChangeMessageVisibility requests",
    "sqs:SendMessage deadLetters",
    ...ANSWERED,
  ],
  leases: ["dynamodb:UpdateItem table", "sqs:ChangeMessageVisibility requests", ...ANSWERED],
  ties: ["dynamodb:UpdateItem table", "dynamodb:BatchGetItem table", ...ANSWERED],
  conflicts: ["dynamodb:UpdateItem table", "dynamodb:BatchGetItem table", ...ANSWERED],
  isThrottled: ["dynamodb:UpdateItem table", ...ANSWERED],
  lists: ["dynamodb:Scan table", ...ANSWERED],
  drains: ["dynamodb:UpdateItem table", "sqs:ChangeMessageVisibility requests"],
};

const RECEIVE = "sqs:ReceiveMessage requests";

describe.each([
  ["FIFO", true],
  ["standard", false],
])("on %s queues", (_, fifo) => {
  let steps: Map<string, Set<string>>;
  beforeAll(async () => {
    steps = await recordSteps({ fifo });
  });

  test("the worker uses these calls on these resources, and no others", () => {
    expect([...union(steps)].toSorted()).toEqual([
      "dynamodb:BatchGetItem table",
      "dynamodb:Scan table",
      "dynamodb:UpdateItem table",
      "sqs:ChangeMessageVisibility requests",
      "sqs:DeleteMessage requests",
      "sqs:GetQueueAttributes deadLetters",
      "sqs:GetQueueAttributes reply",
      "sqs:GetQueueAttributes requests",
      "sqs:GetQueueAttributes results",
      "sqs:ReceiveMessage requests",
      "sqs:SendMessage deadLetters",
      "sqs:SendMessage reply",
      "sqs:SendMessage results",
    ]);
  });

  test("the role grants the calls that the worker makes, each of them and no other", () => {
    const calls = union(steps);
    expect([...granted(policy, (arn) => arn)].sort()).toEqual([...calls].sort());
    expect([...grantedKms(policy)].sort()).toEqual([...kmsNeeds(calls)].sort());
  });

  test("each thing it does uses the calls it is known for", () => {
    const used = [...steps].map(([step, entries]) => [
      step,
      [...entries].filter((entry) => entry !== RECEIVE).toSorted(),
    ]);
    const known = Object.entries(USED).map(([step, entries]) => [step, entries.toSorted()]);
    expect(Object.fromEntries(used)).toEqual(Object.fromEntries(known));
  });

  test("its key is for decrypting through both services, and for sending through SQS", () => {
    expect([...kmsNeeds(union(steps))].toSorted()).toEqual([
      "kms:Decrypt dynamodb",
      "kms:Decrypt sqs",
      "kms:GenerateDataKey sqs",
    ]);
  });
});
