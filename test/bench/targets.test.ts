import { expect, test } from "vitest";
import { report, targetsSection } from "../../bench/report.ts";
import { verdicts } from "../../bench/targets.ts";
import { outcomeOf, run } from "./made-up.ts";

const named = (name: string, outcome: Parameters<typeof verdicts>[0]) =>
  verdicts(outcome).find(({ figure }) => figure === name);

test("a target is met at its very value, and not beyond it", () => {
  const calls = (callsPerMessage: number) =>
    outcomeOf({ throughput: [run("product-worker", "puts", 1, { callsPerMessage })] });
  expect(named("AWS calls per put", calls(1.35))).toMatchObject({ measured: 1.35, met: true });
  expect(named("AWS calls per put", calls(1.351))?.met).toBe(false);
  // Not rounded to what would look met.
  expect(targetsSection(verdicts(calls(1.351)))).toMatch(/≤ 1\.35\s+1\.351\s+✗ not met/);
});

test("CPU is compared within each round", () => {
  const outcome = outcomeOf({
    throughput: [
      run("product-worker", "puts", 1, { cpuMsPerThousand: 800 }),
      run("handwritten-1", "puts", 1, { cpuMsPerThousand: 2_000 }),
      // a round on a busy machine
      run("product-worker", "puts", 2, { cpuMsPerThousand: 1_600 }),
      run("handwritten-1", "puts", 2, { cpuMsPerThousand: 4_000 }),
    ],
  });
  expect(named("CPU per put, to handwritten", outcome)).toMatchObject({ measured: 0.4, met: true });
});

test("speed is compared with the peer that comes off best", () => {
  const at = (subject: Parameters<typeof run>[0], messagesPerSecond: number) =>
    run(subject, "gets", 1, { messagesPerSecond });
  const outcome = outcomeOf({
    throughput: [
      at("product-worker", 3_000),
      at("handwritten-1", 500),
      at("squiss", 1_500),
      at("floor", 9_000),
    ],
  });
  expect(named("messages/s, gets, to the best peer", outcome)).toMatchObject({ measured: 2, met: false });
});

test("latency is compared with the better of both handwritten ones", () => {
  const at = (subject: Parameters<typeof run>[0], p99: number) => ({
    subject,
    round: 1,
    rate: 200,
    requests: 100,
    p50: 1,
    p99,
    most: p99,
    cpuMsPerThousand: 1_000,
    callsPerMessage: 1,
  });
  const outcome = outcomeOf({
    latency: [at("product-worker", 12), at("handwritten-1", 20), at("handwritten-10", 10)],
  });
  expect(named("p99 at 200/s, to the best handwritten", outcome)).toMatchObject({
    measured: 1.2,
    met: false,
  });
});

test("what was not measured is said to be so, and neither met nor missed", () => {
  const outcome = outcomeOf({});
  expect(verdicts(outcome).every(({ met }) => met === undefined)).toBe(true);
  expect(report(outcome)).toContain("not measured");
});

test("the report names machine, versions and that both sides share the cores", () => {
  const text = report(outcomeOf({ throughput: [run("floor", "puts", 1, {})] }));
  for (const part of ["A CPU, 2 cores, 8 GB", "node 24.0.0", "share these cores", "UpdateItem 1.00"]) {
    expect(text).toContain(part);
  }
});
