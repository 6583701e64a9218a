import { setTimeout as delay } from "node:timers/promises";
import { seeded } from "../../../tools/random.ts";
import { asTheModel, ordered, type Scenario, withCluster } from "../scenario.ts";

export const stops: Scenario = {
  name: "stop",
  attack: "SIGTERM under load, again and again",
  run: (run) =>
    withCluster({ workers: 1, visibilityTimeout: 60 }, async (cluster) => {
      const [count, times] = run.quick ? [1_000, 3] : [8_000, 20];
      const random = seeded(run.seed);
      const traffic = ordered(run.seed, count, count / 4);
      const failures: string[] = [];
      const took: number[] = [];
      const over = new AbortController();
      const stopping = (async () => {
        while (!over.signal.aborted && took.length < times) {
          await delay(200 + random() * 400, undefined, { signal: over.signal }).catch(() => {});
          const [worker] = cluster.workers;
          const from = Date.now();
          worker?.signal("SIGTERM");
          const code = await worker?.ended;
          took.push(Date.now() - from);
          if (code !== 0) failures.push(`a worker ended with ${code}`);
          const left = await cluster.invisible();
          if (left > 0) failures.push(`${left} messages were left invisible`);
          await cluster.restart(0);
        }
      })();
      const outcome = await asTheModel(cluster, traffic, run);
      over.abort();
      await stopping;
      if (took.length < times)
        failures.push(`only ${took.length} of ${times} stops happened before all was done`);
      const longest = Math.max(...took);
      if (longest > 25_000) failures.push(`a stop took ${longest} ms`);
      return {
        failures: [...failures, ...outcome.failures],
        figures: `${outcome.figures}, ${took.length} stops, the longest ${longest} ms`,
      };
    }),
};
