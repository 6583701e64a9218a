import { expect, test } from "vitest";
import { kmsNeeds } from "./kms-needs.ts";

test("who calls nothing needs nothing of the key", () => {
  expect(kmsNeeds(new Set())).toEqual(new Set());
});

test("who only receives needs to decrypt", () => {
  expect(kmsNeeds(new Set(["sqs:ReceiveMessage results"]))).toEqual(new Set(["kms:Decrypt sqs"]));
});

test("who sends needs data keys too", () => {
  expect(kmsNeeds(new Set(["sqs:SendMessage results"]))).toEqual(
    new Set(["kms:Decrypt sqs", "kms:GenerateDataKey sqs"]),
  );
});

test("who writes to the table needs to decrypt", () => {
  expect(kmsNeeds(new Set(["dynamodb:UpdateItem table"]))).toEqual(new Set(["kms:Decrypt dynamodb"]));
});
