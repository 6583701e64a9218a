import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Gate, Stopping } from "../../src/worker/gate.ts";
import { holding } from "../../src/worker/hold.ts";

const down = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
const throttled = Object.assign(new Error("slower"), { name: "ThrottlingException" });
const rejected = Object.assign(new Error("no"), { name: "ValidationException" });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function held(random = () => 0) {
  const events: string[] = [];
  const gate = new Gate(
    "table",
    { closed: () => events.push("closed"), opened: () => events.push("opened") },
    random,
  );
  const abandoned = new AbortController();
  const hold = holding({
    gate,
    throttled: () => events.push("throttled"),
    abandoned: abandoned.signal,
    random,
  });
  return { gate, hold, events, abandoned };
}

describe("what is held", () => {
  test("is tried again by one caller at a time, and by all once it works", async () => {
    const { hold, events, gate } = held();
    let works = false;
    const tries: number[] = [];
    const step = (n: number) => async () => {
      tries.push(n);
      if (!works) throw down;
      return n;
    };
    const all = Promise.all([1, 2, 3, 4].map((n) => hold(step(n))));
    await vi.advanceTimersByTimeAsync(0);
    expect(tries).toEqual([1, 2, 3, 4]); // all were under way when it went down
    await vi.advanceTimersByTimeAsync(49);
    expect(tries).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(1); // half of 100 ms
    expect(tries).toHaveLength(5);
    await vi.advanceTimersByTimeAsync(100);
    expect(tries).toHaveLength(6);
    expect(gate.isOpen).toBe(false);
    works = true;
    await vi.advanceTimersByTimeAsync(200);
    expect(await all).toEqual([1, 2, 3, 4]);
    expect(events).toEqual(["closed", "opened"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rests longer after every failed try, up to 30 s, and never longer", async () => {
    const { hold } = held(() => 0.999_999);
    const at: number[] = [];
    const started = Date.now();
    void hold(async () => {
      at.push(Date.now() - started);
      throw down;
    }).catch(() => {});
    await vi.advanceTimersByTimeAsync(200_000);
    const rests = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(rests.slice(0, 5)).toEqual([99, 199, 399, 799, 1599]);
    expect(Math.max(...rests)).toBeLessThanOrEqual(30_000);
    expect(rests.at(-1)).toBeGreaterThan(29_000);
  });

  test("is not made the caller's failure, whatever it fails with as long as it is unavailable", async () => {
    const { hold } = held();
    const errors = [
      down,
      Object.assign(new Error("KMS key disabled error: x"), { name: "ValidationException" }),
    ];
    const step = vi.fn(async () => {
      const error = errors.shift();
      if (error) throw error;
      return "done";
    });
    const done = hold(step);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await done).toBe("done");
    expect(step).toHaveBeenCalledTimes(3);
  });

  test("is the caller's failure where the call was rejected, and leaves the gate open", async () => {
    const { hold, gate } = held();
    await expect(
      hold(async () => {
        throw rejected;
      }),
    ).rejects.toBe(rejected);
    expect(gate.isOpen).toBe(true);
  });

  test("leaves the gate open where another call has succeeded since the failed one began", async () => {
    const { hold, gate, events } = held();
    let hung = (_: Error) => {};
    const done = hold(
      () =>
        new Promise<string>((resolve, reject) => {
          hung = reject;
          if (events.length > 0) resolve("done");
        }),
    );
    await vi.advanceTimersByTimeAsync(10);
    await hold(async () => "another");
    events.push("hung up");
    await vi.advanceTimersByTimeAsync(10);
    hung(down);
    await vi.advanceTimersByTimeAsync(0);
    expect(gate.isOpen).toBe(true);
    await vi.advanceTimersByTimeAsync(50);
    expect(await done).toBe("done");
    expect(events).toEqual(["hung up"]);
  });

  test("is tried again after a backoff where it was throttled, with the gate open", async () => {
    const { hold, gate, events } = held();
    let left = 3;
    const done = hold(async () => {
      if (left-- > 0) throw throttled;
      return "done";
    });
    await vi.advanceTimersByTimeAsync(20);
    expect(gate.isOpen).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(await done).toBe("done");
    expect(events).toEqual(["throttled", "throttled", "throttled"]);
  });
});

describe("an abandoned gate", () => {
  test("refuses those before it and those who come, if it is closed", async () => {
    const { hold, gate } = held();
    const waiting = hold(async () => {
      throw down;
    });
    await vi.advanceTimersByTimeAsync(0);
    gate.abandon();
    await expect(waiting).rejects.toThrow(Stopping);
    await expect(hold(async () => 1)).rejects.toThrow(Stopping);
  });

  test("lets pass if it is open", async () => {
    const { hold, gate } = held();
    gate.abandon();
    expect(await hold(async () => 1)).toBe(1);
  });
});

test("whoever waits for a gate to open is not made its probe", async () => {
  const { hold, gate } = held();
  let works = false;
  const done = hold(async () => {
    if (!works) throw down;
  });
  await vi.advanceTimersByTimeAsync(0);
  let opened = false;
  void gate.untilReady().then(() => {
    opened = true;
  });
  await vi.advanceTimersByTimeAsync(500);
  expect(opened).toBe(false);
  works = true;
  await vi.advanceTimersByTimeAsync(30_000);
  await done;
  expect(opened).toBe(true);
});

test("whoever waits for a gate does not wait for a probe that nobody is there to make", async () => {
  const { gate } = held();
  gate.failed(down, false, Date.now());
  let ready = false;
  void gate.untilReady().then(() => {
    ready = true;
  });
  await vi.advanceTimersByTimeAsync(49);
  expect(ready).toBe(false); // it rests: half of 100 ms
  await vi.advanceTimersByTimeAsync(1);
  expect(ready).toBe(true);
  expect(gate.isOpen).toBe(false);
  await gate.untilReady(); // and still nobody is there
  expect(await gate.pass()).toBe(true); // whoever comes is the probe
  ready = false;
  void gate.untilReady().then(() => {
    ready = true;
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ready).toBe(false); // it is being probed
});
