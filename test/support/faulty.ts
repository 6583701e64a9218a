import { afterAll, afterEach, beforeAll } from "vitest";
import { type Backend, openBackend } from "./backend.ts";
import { type FaultProxy, startProxy } from "./proxy.ts";
import { type RunningWorker, type RunOptions, runWorker } from "./running-worker.ts";

/** A backend with a fault-injecting proxy before each service, and workers that reach it through them. */
export interface Faulty {
  backend: Backend;
  dynamo: FaultProxy;
  sqs: FaultProxy;
  /** Starts a worker; it is stopped, and the faults with it, after the test. */
  run(options?: RunOptions): Promise<RunningWorker>;
}

/** For a whole test file: its members are there from `beforeAll` on. */
export function useFaultyBackend(): Faulty {
  const running: RunningWorker[] = [];
  const faulty = {
    async run(options: RunOptions = {}) {
      const { backend, dynamo, sqs } = faulty;
      const through = { dynamoEndpoint: dynamo.endpoint, sqsEndpoint: sqs.endpoint };
      const started = await runWorker(backend, { ...through, ...options });
      running.push(started);
      return started;
    },
  } as Faulty;
  beforeAll(async () => {
    faulty.backend = await openBackend();
    faulty.dynamo = await startProxy(String(faulty.backend.dynamoSettings.endpoint));
    faulty.sqs = await startProxy(String(faulty.backend.sqsSettings.endpoint));
  });
  afterEach(async () => {
    for (const proxy of [faulty.dynamo, faulty.sqs]) {
      proxy.faults = () => undefined;
      proxy.dropHanging();
    }
    for (const each of running.splice(0)) await each.stop();
    // What a stopping worker still called is no matter of the next test.
    for (const proxy of [faulty.dynamo, faulty.sqs]) proxy.seen.length = 0;
  });
  afterAll(async () => {
    await Promise.all([faulty.dynamo.close(), faulty.sqs.close()]);
    await faulty.backend.close();
  });
  return faulty;
}
