import { describe, expect, test } from "vitest";
import { decode } from "../../src/worker/decode.ts";
import type { Message } from "../../src/worker/message.ts";
import { put } from "../support/running-worker.ts";

const NOW = Date.parse("2026-02-08T10:00:00.000Z");
const RESULTS = "https://sqs.example/1/results";
const REPLY = "https://sqs.example/1/reply";
const replies = { results: RESULTS, allowed: new Set([REPLY]) };

function message(body: unknown, attributes: Message["attributes"] = {}): Message {
  return {
    messageId: "m",
    receiptHandle: "r",
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes,
    receiveCount: 1,
    sentAt: NOW,
    receivedAt: NOW,
  };
}
const text = (StringValue: string) => ({ DataType: "String", StringValue });

test("a request is decoded with its time and the default results queue", () => {
  const body = put({ id: "p" }, { time: "2026-02-08T09:00:00.000Z" });
  expect(decode(message(body), replies)).toMatchObject({
    kind: "request",
    request: body,
    writeTime: NOW - 3_600_000,
    replyTo: RESULTS,
  });
});

test("a request without a time was made when the queue took it", () => {
  expect(decode(message(put({ id: "p" })), replies)).toMatchObject({ writeTime: NOW });
});

test("a request that was parked and redriven keeps the time the queue first took it", () => {
  const first = (value: string) => decode(message(put({ id: "p" }), { FirstSentAt: text(value) }), replies);
  expect(first(String(NOW - 1_000))).toMatchObject({ writeTime: NOW - 1_000 });
  expect(first(String(NOW + 1_000))).toMatchObject({ writeTime: NOW });
  expect(first("soon")).toMatchObject({ writeTime: NOW });
});

test("what nobody could answer is unreadable", () => {
  expect(decode(message("{"), replies)).toMatchObject({ kind: "unreadable", reason: "NOT_JSON" });
});

describe("ReplyTo", () => {
  test("on the list is where the result goes, of a refusal too", () => {
    const attributes = { ReplyTo: text(REPLY) };
    expect(decode(message(put({ id: "p" }), attributes), replies)).toMatchObject({
      kind: "request",
      replyTo: REPLY,
    });
    expect(decode(message(put({ id: "" }), attributes), replies)).toMatchObject({
      kind: "refused",
      replyTo: REPLY,
    });
  });

  test("may name the default results queue", () => {
    expect(decode(message(put({ id: "p" }), { ReplyTo: text(RESULTS) }), replies)).toMatchObject({
      kind: "request",
    });
  });

  test.each([
    ["another queue", text("https://sqs.example/1/other")],
    ["nothing", text("")],
    ["bytes", { DataType: "Binary", BinaryValue: new Uint8Array([1]) }],
  ])("naming %s refuses the request, along with its other problems, to the default queue", (_, attribute) => {
    const decoded = decode(message(put({ id: "" }), { ReplyTo: attribute }), replies);
    expect(decoded).toMatchObject({ kind: "refused", replyTo: RESULTS });
    if (decoded.kind !== "refused") throw new Error("not refused");
    expect(decoded.issues.map(({ path }) => path)).toEqual(["data.product.id", "ReplyTo"]);
  });
});
