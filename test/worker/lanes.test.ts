import { describe, expect, test } from "vitest";
import { Lanes, type LaneVerdict } from "../../src/worker/lanes.ts";

/** Jobs that the test ends one by one, and a record of what happened to them. */
function recorder() {
  const events: string[] = [];
  const running = new Map<string, (verdict: LaneVerdict) => void>();
  const job = (name: string) => ({
    run: () =>
      new Promise<LaneVerdict>((resolve) => {
        events.push(`start ${name}`);
        running.set(name, resolve);
      }),
    release: (seconds: number) => void events.push(`release ${name} for ${seconds}`),
  });
  const end = async (name: string, verdict: LaneVerdict = "next") => {
    running.get(name)?.(verdict);
    await new Promise(setImmediate);
  };
  return { events, job, end };
}

describe("lanes", () => {
  test("run one lane's jobs in order, each after the one before has ended", async () => {
    const { events, job, end } = recorder();
    const lanes = new Lanes();
    for (const name of ["a1", "a2", "a3"]) lanes.add("a", job(name));
    expect(events).toEqual(["start a1"]);
    await end("a1");
    expect(events).toEqual(["start a1", "start a2"]);
    await end("a2");
    await end("a3");
    expect(events).toEqual(["start a1", "start a2", "start a3"]);
  });

  test("run different lanes concurrently", () => {
    const { events, job } = recorder();
    const lanes = new Lanes();
    for (const lane of ["a", "b", "c"]) lanes.add(lane, job(lane));
    expect(events).toEqual(["start a", "start b", "start c"]);
  });

  test("release those behind one that must be retried, the last first, and no other lane's", async () => {
    const { events, job, end } = recorder();
    const lanes = new Lanes();
    for (const name of ["a1", "a2", "a3"]) lanes.add("a", job(name));
    for (const name of ["b1", "b2"]) lanes.add("b", job(name));
    await end("a1", { releaseFor: 7 });
    await end("b1");
    expect(events).toEqual(["start a1", "start b1", "release a3 for 7", "release a2 for 7", "start b2"]);
  });

  test("take up a lane again after it was empty, or was released", async () => {
    const { events, job, end } = recorder();
    const lanes = new Lanes();
    lanes.add("a", job("a1"));
    await end("a1", { releaseFor: 0 });
    lanes.add("a", job("a2"));
    await end("a2");
    lanes.add("a", job("a3"));
    expect(events).toEqual(["start a1", "start a2", "start a3"]);
  });

  test("cleared, release all that has not started and let the rest end", async () => {
    const { events, job, end } = recorder();
    const lanes = new Lanes();
    for (const name of ["a1", "a2"]) lanes.add("a", job(name));
    lanes.add("b", job("b1"));
    lanes.clear();
    expect(events).toEqual(["start a1", "start b1", "release a2 for 0"]);
    await end("a1");
    expect(events).toHaveLength(3);
  });
});
