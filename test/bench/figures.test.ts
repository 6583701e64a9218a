import { expect, test } from "vitest";
import { rotated } from "../../bench/bench.ts";
import { cpuMs, cpuMsOf, peakRssMb, peakRssMbOf } from "../../bench/measure.ts";
import { selfTimes } from "../../bench/profile.ts";
import { median, medianRatio, percentile } from "../../bench/statistics.ts";

test("a median is the middle one, or the mean of the middle two", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow("nothing");
});

test("a percentile is a value that was measured", () => {
  const values = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
});

test("a ratio is taken in each round and the median of them reported", () => {
  // One round on a busy machine: both sides slow, the ratio as ever.
  expect(
    medianRatio([
      [100, 50],
      [10, 5],
      [90, 30],
    ]),
  ).toBe(2);
});

test("CPU is user and system time, whatever the command is called", () => {
  const stat = "4711 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0 11 0 100 1 2";
  expect(cpuMsOf(stat)).toBe(1_750);
  expect(() => cpuMsOf("gone")).toThrow("not a /proc");
});

test("memory is the most the process ever held", () => {
  expect(peakRssMbOf("Name:\tnode\nVmPeak:\t  999 kB\nVmHWM:\t  125000 kB\nVmRSS:\t 1 kB\n")).toBe(128);
  expect(() => peakRssMbOf("Name:\tnode\n")).toThrow("VmHWM");
});

test.runIf(process.platform === "linux")("both are read of a running process", async () => {
  expect(await cpuMs(process.pid)).toBeGreaterThan(0);
  expect(await peakRssMb(process.pid)).toBeGreaterThan(10);
});

test("whoever is first in one round is last in the next", () => {
  expect([1, 2, 3, 4].map((round) => rotated(["a", "b", "c"], round).join(""))).toEqual([
    "abc",
    "bca",
    "cab",
    "abc",
  ]);
});

test("a profile's self time is told by package and by function, idle time and the start left out", () => {
  const at = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, lineNumber: 6 },
  });
  const profile = {
    startTime: 100_000,
    nodes: [
      at(1, "(idle)", ""),
      at(2, "sign", "file:///x/node_modules/@smithy/core/dist/sign.js"),
      at(3, "take", "file:///x/src/worker/intake.ts"),
    ],
    samples: [2, 1, 2, 2, 3],
    timeDeltas: [5_000, 9_000, 1_000, 2_000, 1_000],
  };
  const { modules, functions, ms } = selfTimes(profile, 110_000);
  expect(ms).toBe(4);
  expect(modules).toEqual([
    { name: "@smithy/core", ms: 3, share: 0.75 },
    { name: "src/worker", ms: 1, share: 0.25 },
  ]);
  expect(functions[0]?.name).toBe("sign  @smithy/core:7");
});
