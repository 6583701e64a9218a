import { afterAll, beforeAll, expect, test } from "vitest";
import { type Rig, startRig } from "../../bench/rig.ts";
import { subjectNames } from "../../bench/subjects.ts";
import { Incomplete, measureThroughput } from "../../bench/throughput.ts";

/* The smallest bench there is: whether every subject does the whole job, not how fast. */

const MESSAGES = 50;
const options = { fifo: false, patienceMs: 10_000, progress: () => {} };
const spec = (name: "mixed" | "puts") => ({
  name,
  messages: MESSAGES,
  seed: 1,
  startTime: Date.now() - 3_600_000,
});
let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

test.runIf(process.platform === "linux").each(subjectNames)(
  "%s answers and stores everything",
  async (name) => {
    const run = await measureThroughput(rig, name, spec("mixed"), 1, options);
    expect(run.outcomes).toEqual({ ok: MESSAGES });
    expect(run.callsPerMessage).toBeGreaterThan(0.1);
    expect(run.cpuMs).toBeGreaterThan(0);
    expect(run.messagesPerSecond).toBeGreaterThan(0);
  },
);

test.runIf(process.platform === "linux")(
  "a run whose products are not in the table has no figures",
  async () => {
    const wrong: Rig = {
      ...rig,
      dynamo: { ...rig.dynamo, preload: rig.dynamo.preload, differences: async () => ["x has price 1"] },
    };
    await expect(measureThroughput(wrong, "floor", spec("puts"), 1, options)).rejects.toThrow(Incomplete);
  },
);
