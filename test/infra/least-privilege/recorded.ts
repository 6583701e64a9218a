import { dynamoClient, pollingClient, sqsClient } from "../../../src/aws/clients.ts";
import { type Backend, openBackend } from "../../support/backend.ts";
import { type FaultProxy, startProxy, through } from "../../support/proxy.ts";
import { runWorker } from "../../support/running-worker.ts";
import { until } from "../../support/wait.ts";
import { exercises } from "./exercises.ts";
import { Recorder } from "./recorder.ts";

export interface RecordOptions {
  /** FIFO queues, or standard ones. */
  fifo: boolean;
}

/** Seconds: short, so that an extension comes soon; not so short that a busy machine loses the message. */
const VISIBILITY = 3;

/**
 * The (IAM action, resource) pairs that the worker uses, as `sqs:DeleteMessage requests`, by step: `starts`, then
 * each of the exercises. A worker is run over the embedded backends and made to do everything it does; its SDK
 * clients say what they were asked for. Resources: `requests`, `results`, `reply` (a further queue for results),
 * `deadLetters`, `table`.
 */
export async function recordSteps(options: RecordOptions): Promise<Map<string, Set<string>>> {
  const backend = await openBackend();
  const dynamo = await startProxy(String(backend.dynamoSettings.endpoint));
  const sqs = await startProxy(String(backend.sqsSettings.endpoint));
  try {
    return await record(options, backend, dynamo, sqs);
  } finally {
    await Promise.all([dynamo.close(), sqs.close()]);
    await backend.close();
  }
}

export function union(steps: Map<string, Set<string>>): Set<string> {
  return new Set([...steps.values()].flatMap((entries) => [...entries]));
}

async function record(
  { fifo }: RecordOptions,
  backend: Backend,
  dynamo: FaultProxy,
  sqs: FaultProxy,
): Promise<Map<string, Set<string>>> {
  const recorder = new Recorder();
  const url = (await backend.queues({ fifo })).results;
  const reply = { url, named: through(url, sqs.endpoint) };
  const sqsSettings = { ...backend.sqsSettings, endpoint: sqs.endpoint };
  const dynamoSettings = { ...backend.dynamoSettings, endpoint: dynamo.endpoint };
  recorder.begin("starts");
  const running = await runWorker(backend, {
    fifo,
    visibilityTimeout: VISIBILITY,
    maxReceiveCount: 2,
    drainTimeout: 2,
    sqsEndpoint: sqs.endpoint,
    polling: recorder.noting(pollingClient({ settings: sqsSettings })),
    sqs: recorder.noting(sqsClient({ settings: sqsSettings })),
    dynamo: recorder.noting(dynamoClient({ settings: dynamoSettings })),
    replyUrls: [reply.named],
  });
  const calm = () => {
    for (const proxy of [dynamo, sqs]) {
      proxy.faults = () => undefined;
      proxy.dropHanging();
    }
  };
  try {
    for (const [step, exercise] of Object.entries(exercises)) {
      recorder.begin(step);
      await exercise({ backend, running, dynamo, sqs, reply });
      calm();
      // What comes after the result, the delete above all, is still this step's.
      await until(`nothing to be in hand after ${step}`, () => running.worker.inHand === 0);
    }
  } finally {
    calm();
    await running.stop();
  }
  const { requests, results, deadLetters } = running.queues;
  const names = { [running.table]: "table", [queueOf(reply.url)]: "reply" };
  for (const [name, url] of Object.entries({ requests, results, deadLetters })) names[queueOf(url)] = name;
  return recorder.entries((resource) => {
    const name = names[queueOf(resource)];
    if (name === undefined) throw new Error(`the worker calls ${resource}, which is none of its own`);
    return name;
  });
}

/** A queue's name, of its URL; a table's name is left as it is. */
function queueOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
