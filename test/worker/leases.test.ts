import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Gate } from "../../src/worker/gate.ts";
import { holding } from "../../src/worker/hold.ts";
import { LeaseLost } from "../../src/worker/lease.ts";
import { Leases } from "../../src/worker/leases.ts";
import type { Settled } from "../../src/worker/settle.ts";

const VISIBILITY = 30;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function started(answer: (seconds: number) => Promise<Settled> = async () => "done") {
  const lost: LeaseLost[] = [];
  const leases = new Leases({ visibilityTimeout: VISIBILITY, lost: (error) => lost.push(error) });
  const extended: { at: number; seconds: number }[] = [];
  const from = Date.now();
  const lease = leases.take(from, (seconds) => {
    extended.push({ at: (Date.now() - from) / 1000, seconds });
    return answer(seconds);
  });
  return { leases, lease, extended, lost };
}

describe("a lease", () => {
  test("is extended before half of its timeout has passed, again and again, and is never out", async () => {
    const { extended, lease } = started();
    await vi.advanceTimersByTimeAsync(120_000);
    let last = 0;
    for (const { at, seconds } of extended) {
      expect(at - last).toBeLessThanOrEqual(VISIBILITY / 2);
      expect(seconds).toBe(VISIBILITY);
      last = at;
    }
    expect(last).toBeGreaterThan(120 - VISIBILITY / 2);
    expect(lease.lost).toBeUndefined();
  });

  test("of a message that is settled soon costs nothing, and leaves no timer", async () => {
    const { leases, lease, extended } = started();
    await vi.advanceTimersByTimeAsync(5_000);
    leases.end(lease);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(extended).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is lost where the receipt handle is gone, and not extended again", async () => {
    const { lease, extended, lost } = started(async () => "gone");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lease.lost).toBeInstanceOf(LeaseLost);
    expect(extended).toHaveLength(1);
    expect(lost).toHaveLength(1);
  });

  test("is lost after the 12 hours that SQS allows, and never asks for more", async () => {
    const { lease, extended } = started();
    await vi.advanceTimersByTimeAsync(12 * 3_600_000);
    expect(lease.lost?.message).toMatch(/12 hours/);
    for (const { at, seconds } of extended) expect(at + seconds).toBeLessThanOrEqual(12 * 3_600);
  });

  test("is not asked for twice at once while the queue takes its time", async () => {
    const { extended } = started(() => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(extended).toHaveLength(1);
  });

  test("that ends while it is extended is not lost", async () => {
    let fail = (_: Error) => {};
    const { leases, lease, lost } = started(() => new Promise((_, reject) => (fail = reject)));
    await vi.advanceTimersByTimeAsync(20_000);
    leases.end(lease);
    fail(new Error("no such message"));
    await vi.advanceTimersByTimeAsync(0);
    expect(lost).toEqual([]);
  });
});

test("a held step whose lease is lost is not made any more, and the next in line is the probe", async () => {
  const gate = new Gate("table", { closed: () => {}, opened: () => {} }, () => 0);
  const hold = holding({
    gate,
    throttled: () => {},
    abandoned: new AbortController().signal,
    random: () => 0,
  });
  const down = Object.assign(new Error("down"), { code: "ECONNREFUSED" });
  const lease: { lost: Error | undefined } = { lost: undefined };
  let works = false;
  let made = 0;
  const first = hold(async () => {
    made += 1;
    throw down;
  }, lease);
  const second = hold(async () => {
    if (!works) throw down;
    return "done";
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(made).toBe(1);
  lease.lost = new LeaseLost("gone");
  works = true;
  await Promise.all([expect(first).rejects.toBe(lease.lost), vi.advanceTimersByTimeAsync(1_000)]);
  expect(await second).toBe("done");
  expect(made).toBe(1);
});
