import { expect, test } from "vitest";
import { encode } from "../../src/contract/encode.ts";

test("characters that SQS refuses in a message are escaped, and read back as they were", () => {
  const value = { text: "a\u0000\u001f\uFFFE\uFFFF\ud800z😀" };
  const text = encode(value);
  expect(text).toMatch(/^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u);
  expect(JSON.parse(text)).toEqual(value);
});
