import { setTimeout as delay } from "node:timers/promises";
import { seeded } from "../../../tools/random.ts";
import { asTheModel, ordered, type Scenario, withCluster } from "../scenario.ts";

export const kills: Scenario = {
  name: "kill",
  attack: "a random worker of three gets SIGKILL, again and again, and is started anew",
  async run(run) {
    const [count, times] = run.quick ? [600, 4] : [5_000, 20];
    const random = seeded(run.seed);
    // A kill costs what the worker had in hand a delivery: SQS would move a message that is unlucky five times.
    return withCluster({ workers: 3, visibilityTimeout: 5, maxReceiveCount: 20 }, async (cluster) => {
      const traffic = ordered(run.seed, count, count / 5);
      let killed = 0;
      const over = new AbortController();
      const killing = (async () => {
        while (!over.signal.aborted && killed < times) {
          await delay(300 + random() * 500, undefined, { signal: over.signal }).catch(() => {});
          const place = Math.floor(random() * 3);
          cluster.workers[place]?.signal("SIGKILL");
          killed += 1;
          await cluster.restart(place);
        }
      })();
      const outcome = await asTheModel(cluster, traffic, run);
      over.abort();
      await killing;
      if (killed < times)
        outcome.failures.push(`only ${killed} of ${times} kills happened before all was done`);
      return { ...outcome, figures: `${outcome.figures}, ${killed} kills` };
    });
  },
};
