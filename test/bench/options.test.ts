import { expect, test } from "vitest";
import { readOptions } from "../../bench/options.ts";

test("all of it, unless told", () => {
  expect(readOptions([])).toMatchObject({
    rounds: 3,
    messages: 20_000,
    latency: true,
    quiet: true,
    full: true,
  });
  expect(readOptions(["--quick"])).toMatchObject({ rounds: 1, full: false });
});

test("a part is no full run: it does not replace the kept results", () => {
  const options = readOptions(["--subject", "floor", "--workload", "gets", "--workload", "quiet"]);
  expect(options).toMatchObject({
    subjects: ["floor"],
    workloads: ["gets"],
    latency: false,
    quiet: true,
    full: false,
  });
});

test.each([
  [["--subject", "nobody"], "must be one of product-worker"],
  [["--workload", "none"], "must be one of puts"],
  [["--rounds", "0"], "from 1 to 99"],
  [["--messages", "many"], "from 10 to 200000"],
  [["--name", "../x"], "letters"],
  [["--profile"], "needs --subject"],
])("%j is refused with what is allowed", (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
