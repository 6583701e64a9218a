import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/worker/message.ts";
import { parkedAttributes } from "../../src/worker/park.ts";

const AT = Date.parse("2026-02-08T10:00:00.000Z");
const MIB = 1_048_576;

function message(attributes: Message["attributes"], body = "body", sentAt = 1): Message {
  return { messageId: "m", receiptHandle: "r", body, attributes, receiveCount: 1, sentAt, receivedAt: AT };
}
const text = (StringValue: string) => ({ DataType: "String", StringValue });
const rejection = { reason: "NOT_JSON", detail: "it is not", at: AT, redrivable: false };

describe("a parked message's attributes", () => {
  test("are its own, as they were, and the reason's", () => {
    const own = { Trace: text("abc"), Blob: { DataType: "Binary.png", BinaryValue: new Uint8Array([1, 2]) } };
    expect(parkedAttributes(message(own), rejection, MIB)).toEqual({
      ...own,
      RejectedReason: text("NOT_JSON"),
      RejectedDetail: text("it is not"),
      RejectedAt: text("2026-02-08T10:00:00.000Z"),
    });
  });

  test("note when the queue first took a request that may be redriven, and keep it through a second parking", () => {
    const gaveUp = { ...rejection, reason: "GAVE_UP", redrivable: true };
    const first = parkedAttributes(message({}, "body", 123), gaveUp, MIB);
    expect(first.FirstSentAt).toEqual(text("123"));
    const second = parkedAttributes(message(first as Message["attributes"], "body", 456), gaveUp, MIB);
    expect(second).toEqual(first);
  });

  test.each([7, 8, 10])("of a message that has %i of its own are ten at most, and none is lost", (count) => {
    const own = Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        `A${n}`,
        n === 9 ? { DataType: "Binary", BinaryValue: new Uint8Array([7]) } : text(`value ${n}`),
      ]),
    );
    const parked = parkedAttributes(message(own), rejection, MIB);
    expect(Object.keys(parked).length).toBeLessThanOrEqual(10);
    expect(parked).toMatchObject({ RejectedReason: text("NOT_JSON"), RejectedDetail: text("it is not") });
    const displaced = JSON.parse(parked.DisplacedAttributes?.StringValue ?? "{}") as Record<string, unknown>;
    const all = { ...parked, ...displaced };
    for (const name of Object.keys(own)) expect(all).toHaveProperty(name);
    if (count === 10) expect(displaced.A9).toEqual({ DataType: "Binary", BinaryValue: "Bw==" });
    // Redriven and parked again, the displaced ones are still there.
    const again = parkedAttributes(message(parked as Message["attributes"]), rejection, MIB);
    expect(again).toEqual(parked);
  });

  test("give up the detail first where the body leaves no room", () => {
    const size = (room: number) => parkedAttributes(message({}, "x".repeat(1_000 - room)), rejection, 1_000);
    expect(Object.keys(size(0))).toEqual([]);
    expect(Object.keys(size(45))).toEqual(["RejectedReason"]);
    expect(Object.keys(size(70))).toEqual(["RejectedReason", "RejectedAt"]);
    expect(size(200).RejectedDetail).toEqual(text("it is not"));
  });

  test("hold only characters that SQS takes, and fit, whatever the reason quotes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), fc.nat(4_000), (detail, room) => {
        const parked = parkedAttributes(
          message({}, "x".repeat(10_000)),
          { ...rejection, detail },
          10_000 + room,
        );
        let bytes = 0;
        for (const [name, { StringValue = "", DataType = "" }] of Object.entries(parked)) {
          expect(StringValue).toMatch(/^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u);
          bytes += Buffer.byteLength(name + StringValue + DataType);
        }
        expect(bytes).toBeLessThanOrEqual(room);
      }),
    );
  });
});
