import { setTimeout as delay } from "node:timers/promises";
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { Result } from "../../src/contract/result.ts";
import type { Backends } from "../../tools/local/backends.ts";

export interface Stream {
  /** Requests sent and results come so far. */
  sent: number;
  come: number;
  /** Results that are not `ok`. */
  failed: number;
  /** Resolves when the stream has ended and all of it has come back, or nothing has for 60 s. */
  ended: Promise<void>;
}

const COLLECTORS = 3;
const QUIET_MS = 60_000;

/**
 * Small puts, each of a product and a group of its own, sent so that never more than `outstanding` are
 * unanswered, until `total` have been sent or `stop` says so.
 */
export function startStream(
  backends: Backends,
  outstanding: number,
  total: number,
  stop = () => false,
): Stream {
  const sqs = new SQSClient(backends.sqs);
  const { requests, results } = backends.queues;
  let last = Date.now();
  const stream: Stream = { sent: 0, come: 0, failed: 0, ended: Promise.resolve() };
  let sending = true;

  const send = async () => {
    while (stream.sent < total && !stop()) {
      if (stream.sent - stream.come >= outstanding) {
        await delay(5);
        continue;
      }
      const Entries = Array.from({ length: 10 }, (_, index) => {
        const n = stream.sent + index;
        const data = { product: { id: `product-${n}`, name: "Small", price: n % 1_000 } };
        const event = {
          specversion: "1.0",
          id: `request-${n}`,
          source: "/stream",
          type: "product.put",
          data,
        };
        return {
          Id: String(index),
          MessageBody: JSON.stringify(event),
          MessageGroupId: `product-${n}`,
          MessageDeduplicationId: `request-${n}`,
        };
      });
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: requests, Entries }));
      stream.sent += 10;
    }
    sending = false;
  };
  const collect = async () => {
    while (sending || (stream.come < stream.sent && Date.now() - last < QUIET_MS)) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: results, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (Messages.length === 0) continue;
      last = Date.now();
      stream.come += Messages.length;
      for (const { Body = "" } of Messages)
        if ((JSON.parse(Body) as Result).data.status !== "ok") stream.failed += 1;
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: results, Entries }));
    }
  };
  stream.ended = Promise.all([send(), ...Array.from({ length: COLLECTORS }, collect)]).then(() =>
    sqs.destroy(),
  );
  return stream;
}
