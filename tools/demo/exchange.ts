import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { isFifo } from "../../src/aws/queues.ts";
import { digest, messageGroup } from "../../src/contract/identity.ts";
import { utf8Bytes } from "../../src/contract/json.ts";
import type { Result } from "../../src/contract/result.ts";
import type { Backends } from "../local/backends.ts";
import type { Sent } from "./traffic.ts";

/** A result as it came. */
interface Received {
  result: Result;
  /** Epoch ms. */
  at: number;
}

export interface Exchange {
  /** By index of the message: when it was sent, epoch ms. */
  sentAt: number[];
  results: Received[];
  deadLetters: Message[];
  /** From the first send to the last result or dead letter. */
  ms: number;
}

/** A silence after which no more is waited for. What came is told; the check says what is missing. */
const QUIET_MS = 15_000;
const COLLECTORS = 2;
const BATCH_BYTES = 1_000_000;

/**
 * Sends the messages in order, and collects results and dead letters until `wanted` have come, or
 * nothing has for `quietMs`.
 *
 * @param progress told how many have come
 */
export async function exchange(
  backends: Backends,
  messages: Sent[],
  progress: (done: number) => void,
  quietMs = QUIET_MS,
  wanted = messages.length,
): Promise<Exchange> {
  const sqs = new SQSClient({ ...backends.sqs, userAgentAppId: "demo" });
  const started = Date.now();
  const outcome: Exchange = { sentAt: [], results: [], deadLetters: [], ms: 0 };
  let last = started;
  const fifo = isFifo(backends.queues.requests);
  // A FIFO queue drops what is published twice for one message; on a standard one each counts once.
  const distinct = new Set<string>();
  const come = () => (fifo ? outcome.results.length + outcome.deadLetters.length : distinct.size);
  const over = () => come() >= wanted || Date.now() - last > quietMs;
  const collect = async (url: string, keep: (message: Message) => void) => {
    while (!over()) {
      for (const message of await receive(sqs, url)) {
        keep(message);
        last = Date.now();
      }
      outcome.ms = last - started;
      progress(come());
    }
  };
  const keepResult = (message: Message) => {
    const result = JSON.parse(message.Body ?? "") as Result;
    outcome.results.push({ result, at: Date.now() });
    distinct.add(result.id);
  };
  const keepDeadLetter = (message: Message) => {
    outcome.deadLetters.push(message);
    distinct.add(message.Body ?? "");
  };
  await Promise.all([
    send(sqs, backends.queues.requests, messages, outcome.sentAt),
    ...Array.from({ length: COLLECTORS }, () => collect(backends.queues.results, keepResult)),
    collect(backends.queues.deadLetters, keepDeadLetter),
  ]);
  // Nothing more may come.
  for (const message of await receive(sqs, backends.queues.results)) keepResult(message);
  outcome.deadLetters.push(...(await receive(sqs, backends.queues.deadLetters)));
  sqs.destroy();
  return outcome;
}

async function send(sqs: SQSClient, url: string, messages: Sent[], sentAt: number[]): Promise<void> {
  for (let next = 0; next < messages.length; ) {
    const first = next;
    let bytes = 0;
    do {
      bytes += utf8Bytes(messages[next]?.body ?? "");
      next += 1;
    } while (
      next < messages.length &&
      next - first < 10 &&
      bytes + utf8Bytes(messages[next]?.body ?? "") < BATCH_BYTES
    );
    const Entries = messages.slice(first, next).map(({ body, productId }, index) => ({
      Id: String(index),
      MessageBody: body,
      ...(isFifo(url) && {
        MessageGroupId: messageGroup(productId),
        // Each message is one, also where it repeats a request.
        MessageDeduplicationId: digest(String(first + index), body),
      }),
    }));
    for (let index = first; index < next; index++) sentAt[index] = Date.now();
    const { Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed?.length) throw new Error(`the requests queue refused a message: ${Failed[0]?.Message}`);
  }
}

async function receive(sqs: SQSClient, url: string): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      MessageAttributeNames: ["All"],
    }),
  );
  if (Messages.length > 0) {
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
  }
  return Messages;
}
