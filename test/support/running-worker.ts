import { randomUUID } from "node:crypto";
import {
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { dynamoClient, pollingClient, sqsClient } from "../../src/aws/clients.ts";
import { messageGroup } from "../../src/contract/identity.ts";
import { type Result, result as resultSchema } from "../../src/contract/result.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { Worker, type WorkerOptions } from "../../src/worker/worker.ts";
import type { Queues, QueuesOptions } from "../../tools/local/provision.ts";
import type { Backend } from "./backend.ts";
import { through } from "./proxy.ts";

/** A worker in this process, with queues and a table of its own. */
export interface RunningWorker {
  worker: Worker;
  queues: Queues;
  table: string;
  /** The worker's log, parsed. */
  log: Record<string, unknown>[];
  send(...messages: Outgoing[]): Promise<void>;
  /** Waits for so many results, in the order they came. */
  results(count: number, url?: string): Promise<Result[]>;
  /** Waits for so many dead letters. */
  deadLetters(count: number): Promise<Message[]>;
  item(id: string): Promise<Record<string, unknown> | undefined>;
  stop(): Promise<void>;
}

export interface Outgoing {
  body: string | object;
  /** Message group on a FIFO queue; one of its own by default. */
  group?: string;
  attributes?: Record<string, MessageAttributeValue>;
}

export type RunOptions = Partial<Omit<QueuesOptions, "prefix">> &
  Partial<WorkerOptions> & {
    /** Where the worker itself finds each service, if not where the test does: a proxy's endpoint. */
    sqsEndpoint?: string;
    dynamoEndpoint?: string;
  };

export async function runWorker(backend: Backend, options: RunOptions = {}): Promise<RunningWorker> {
  const {
    fifo = true,
    visibilityTimeout,
    maxReceiveCount,
    resultBytes,
    sqsEndpoint,
    dynamoEndpoint,
    ...rest
  } = options;
  const queues = await backend.queues({
    fifo,
    ...(visibilityTimeout !== undefined && { visibilityTimeout }),
    ...(maxReceiveCount !== undefined && { maxReceiveCount }),
    ...(resultBytes !== undefined && { resultBytes }),
  });
  const table = await backend.table();
  const log: Record<string, unknown>[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>);
  const at = (url: string) => (sqsEndpoint ? through(url, sqsEndpoint) : url);
  const sqsSettings = { ...backend.sqsSettings, ...(sqsEndpoint && { endpoint: sqsEndpoint }) };
  const worker = new Worker({
    polling: pollingClient({ settings: sqsSettings }),
    sqs: sqsClient({ settings: sqsSettings }),
    dynamo: dynamoClient({
      settings: { ...backend.dynamoSettings, ...(dynamoEndpoint && { endpoint: dynamoEndpoint }) },
    }),
    log: createLog("debug", { write }),
    requestsUrl: at(queues.requests),
    resultsUrl: at(queues.results),
    deadLettersUrl: at(queues.deadLetters),
    replyUrls: [],
    table,
    maxInFlight: 100,
    maxPollers: 2,
    drainTimeout: 10,
    receiveWaitSeconds: 1,
    ...rest,
  });
  const receive = receiver(backend);
  const running: RunningWorker = {
    worker,
    queues,
    table,
    log,
    send: (...messages) => send(backend, queues.requests, fifo, messages),
    results: async (count, url = queues.results) => {
      const messages = await receive(url, count);
      return messages.map(({ Body }) => resultSchema.parse(JSON.parse(Body ?? "")));
    },
    deadLetters: (count) => receive(queues.deadLetters, count),
    item: async (id) => {
      const { Item } = await backend.dynamo.send(
        new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }),
      );
      return Item;
    },
    stop: async () => {
      const stopped = worker.stop();
      const wake = setInterval(() => backend.wakeReceives(), 20);
      await stopped;
      clearInterval(wake);
    },
  };
  await worker.start();
  return running;
}

async function send(backend: Backend, url: string, fifo: boolean, messages: Outgoing[]): Promise<void> {
  for (let first = 0; first < messages.length; first += 10) {
    const Entries = messages.slice(first, first + 10).map(({ body, group, attributes }, index) => ({
      Id: String(index),
      MessageBody: typeof body === "string" ? body : JSON.stringify(body),
      ...(attributes && { MessageAttributes: attributes }),
      ...(fifo && {
        MessageGroupId: messageGroup(group ?? randomUUID()),
        MessageDeduplicationId: randomUUID(),
      }),
    }));
    const { Failed } = await backend.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed?.length) throw new Error(`could not send: ${JSON.stringify(Failed)}`);
  }
}

/** Receives and deletes until `count` messages have come. @throws after 20 s without one */
function receiver(backend: Backend) {
  return async (url: string, count: number): Promise<Message[]> => {
    const received: Message[] = [];
    let deadline = Date.now() + 20_000;
    while (received.length < count) {
      const { Messages = [] } = await backend.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: Math.min(10, count - received.length),
          WaitTimeSeconds: 1,
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["All"],
        }),
      );
      if (Messages.length > 0) {
        received.push(...Messages);
        deadline = Date.now() + 20_000;
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
        await backend.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
      } else if (Date.now() > deadline) {
        throw new Error(`${received.length} of ${count} messages came to ${url}`);
      }
    }
    return received;
  };
}

let made = 0;

/** A request as a sender would write it. */
export function request(
  type: string,
  data: unknown,
  more: object = {},
): { id: string } & Record<string, unknown> {
  made += 1;
  return { specversion: "1.0", id: `request-${made}`, source: "/test", type, data, ...more };
}

export function put(product: object, more: object = {}, conditions: object = {}) {
  return request(
    "product.put",
    { product: { name: "Laptop", price: 999.99, ...product }, ...conditions },
    more,
  );
}
