import { SQSClient } from "@aws-sdk/client-sqs";
import { type Backends, type BackendsOptions, startBackends } from "../../tools/local/backends.ts";
import { queueCounts } from "../../tools/local/look.ts";
import { startWorker, type WorkerProcess } from "../../tools/local/worker-process.ts";
import { type FaultProxy, startProxy, through } from "../support/proxy.ts";

/** Real worker processes against the embedded backends, with a fault-injecting proxy before each. */
export interface Cluster {
  backends: Backends;
  sqs: FaultProxy;
  dynamo: FaultProxy;
  /** The worker at each place; another one after a restart. */
  workers: WorkerProcess[];
  /** The log lines of all workers, parsed, at level info and above. */
  log: Record<string, unknown>[];
  /** The highest receive count that any worker was ever given. */
  highestReceiveCount(): number;
  /** Receives begun so far. */
  receives(): number;
  restart(place: number): Promise<void>;
  /** Messages in the requests queue that are invisible. */
  invisible(): Promise<number>;
  /** SIGTERM to all. @returns their exit codes */
  stop(): Promise<(number | NodeJS.Signals)[]>;
  close(): Promise<void>;
}

export interface ClusterOptions extends BackendsOptions {
  workers: number;
  environment?: Record<string, string>;
}

export async function startCluster({
  workers: count,
  environment,
  ...options
}: ClusterOptions): Promise<Cluster> {
  const backends = await startBackends(options);
  const sqs = await startProxy(backends.sqs.endpoint);
  const dynamo = await startProxy(backends.dynamo.endpoint);
  sqs.record = false;
  dynamo.record = false;
  let highest = 0;
  let receives = 0;
  sqs.rewrite = (_, answer) => {
    for (const { Attributes } of (answer.Messages ?? []) as { Attributes?: Record<string, string> }[]) {
      highest = Math.max(highest, Number(Attributes?.ApproximateReceiveCount ?? 0));
    }
    return undefined;
  };
  sqs.onCall = ({ operation }) => {
    if (operation === "ReceiveMessage") receives += 1;
  };
  const at = (url: string) => through(url, sqs.endpoint);
  const {
    REQUESTS_QUEUE_URL = "",
    RESULTS_QUEUE_URL = "",
    DEAD_LETTERS_QUEUE_URL = "",
  } = backends.environment;
  const proxied = {
    ...backends.environment,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    REQUESTS_QUEUE_URL: at(REQUESTS_QUEUE_URL),
    RESULTS_QUEUE_URL: at(RESULTS_QUEUE_URL),
    DEAD_LETTERS_QUEUE_URL: at(DEAD_LETTERS_QUEUE_URL),
    ...environment,
  };
  const log: Record<string, unknown>[] = [];
  const start = () => startWorker(proxied, (line) => log.push(JSON.parse(line) as Record<string, unknown>));
  const workers = Array.from({ length: count }, start);
  await Promise.all(workers.map(({ receiving }) => receiving));
  const client = new SQSClient(backends.sqs);
  return {
    backends,
    sqs,
    dynamo,
    workers,
    log,
    highestReceiveCount: () => highest,
    receives: () => receives,
    async restart(place) {
      workers[place] = start();
      await workers[place]?.receiving;
    },
    invisible: async () => (await queueCounts(client, backends.queues.requests)).invisible,
    async stop() {
      for (const worker of workers) worker.signal("SIGTERM");
      const wake = setInterval(() => backends.wakeReceives(), 50);
      const codes = await Promise.all(workers.map(({ ended }) => ended));
      clearInterval(wake);
      return codes;
    },
    async close() {
      for (const worker of workers) worker.signal("SIGKILL");
      await Promise.all(workers.map(({ ended }) => ended));
      client.destroy();
      await Promise.all([sqs.close(), dynamo.close()]);
      await backends.close();
    },
  };
}
