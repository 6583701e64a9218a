import { expect, test } from "vitest";
import { entryOutcomes } from "../../src/worker/entries.ts";

test("each entry of a batch has its own outcome, by its place", () => {
  const outcomes = entryOutcomes(3, {
    Successful: [{ Id: "2" }, { Id: "0" }],
    Failed: [{ Id: "1", Code: "ReceiptHandleIsInvalid", SenderFault: true, Message: "no" }],
  });
  expect(outcomes.map((error) => error?.name)).toEqual([undefined, "ReceiptHandleIsInvalid", undefined]);
});

test("an entry that the answer does not mention failed, and so did all where it mentions none", () => {
  expect(entryOutcomes(2, { Successful: [{ Id: "0" }] }).map((error) => error?.name)).toEqual([
    undefined,
    "InternalError",
  ]);
  expect(entryOutcomes(1, {})[0]?.message).toBe("the answer does not mention entry 0");
});

test("null stands for none, as some servers write it", () => {
  expect(entryOutcomes(1, { Successful: [{ Id: "0" }], Failed: null })).toEqual([undefined]);
});
