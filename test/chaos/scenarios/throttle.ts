import { setTimeout as delay } from "node:timers/promises";
import { seeded } from "../../../tools/random.ts";
import { someFail } from "../faults.ts";
import { type Scenario, withCluster } from "../scenario.ts";
import { startStream } from "../stream.ts";

/** Of the throughput before, on a machine that is never quite the same. */
const RECOVERED = 0.7;

export const throttling: Scenario = {
  name: "throttle",
  attack: "half of all calls are throttled for a while",
  run: (run) =>
    withCluster({ workers: 1 }, async (cluster) => {
      const [calm, ms] = run.quick ? [4_000, 5_000] : [10_000, 30_000];
      const random = seeded(run.seed);
      let over = false;
      const stream = startStream(cluster.backends, 1_000, Number.POSITIVE_INFINITY, () => over);
      const counted = async (during: number, what: string) => {
        const before = stream.come;
        const from = Date.now();
        while (Date.now() - from < during) {
          await delay(250);
          run.progress(`${what}: ${stream.come} have come back`);
        }
        return Math.round(((stream.come - before) / (Date.now() - from)) * 1_000);
      };
      await counted(2_000, "warming up");
      const before = await counted(calm, "before");
      cluster.sqs.faults = someFail(0.5, ["throttle"], "sqs", random);
      cluster.dynamo.faults = someFail(0.5, ["throttle"], "dynamo", random);
      const during = await counted(ms, "throttled");
      cluster.sqs.faults = () => undefined;
      cluster.dynamo.faults = () => undefined;
      const limits = cluster.log
        .filter(({ msg }) => msg === "throttled")
        .map(({ inFlight }) => Number(inFlight));
      const ended = Date.now();
      let after = 0;
      do after = await counted(calm, "recovering");
      while (after < before * RECOVERED && Date.now() - ended < 60_000);
      const recovery = Math.round((Date.now() - ended) / 1_000);
      over = true;
      await stream.ended;
      const failures: string[] = [];
      if (stream.failed > 0) failures.push(`${stream.failed} results were errors`);
      if (stream.come < stream.sent)
        failures.push(`${stream.sent - stream.come} of ${stream.sent} were not answered`);
      if (after < before * RECOVERED) failures.push(`${after} requests/s after, ${before} before`);
      return {
        failures,
        figures: `${before} requests/s before, ${during} during ${ms / 1000} s, ${after} within ${recovery} s after; in flight down to ${Math.min(...limits)}; ${stream.come} answered`,
      };
    }),
};
