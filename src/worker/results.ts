import type { SQSClient } from "@aws-sdk/client-sqs";
import { isFifo } from "../aws/queues.ts";
import { digest, messageGroup, resultId } from "../contract/identity.ts";
import type { Addressed } from "../contract/parse.ts";
import type { Batcher } from "./batcher.ts";
import type { Hold } from "./hold.ts";
import type { Lease } from "./lease.ts";
import { type Outgoing, sendingBatcher } from "./sending.ts";

export interface ResultsQueueOptions {
  sqs: SQSClient;
  url: string;
  hold: Hold;
  working: () => number;
}

/** Publishes results to one queue, ten a call. */
export class ResultsQueue {
  readonly #fifo: boolean;
  readonly #hold: Hold;
  readonly #batcher: Batcher<Outgoing>;

  constructor({ sqs, url, hold, working }: ResultsQueueOptions) {
    this.#fifo = isFifo(url);
    this.#hold = hold;
    this.#batcher = sendingBatcher(sqs, url, working);
  }

  /**
   * Resolves when the queue has accepted the result.
   *
   * On a FIFO queue its group is the product's id, and its deduplication id is made of the result's id and the
   * request's MessageId: SQS drops the result of a redelivery, and keeps that of a request sent again.
   *
   * @param messageId of the request
   * @throws what the queue rejects it with, and LeaseLost; never for an outage, which is waited out
   */
  publish(addressed: Addressed, body: string, messageId: string, lease: Lease): Promise<void> {
    const entry = { MessageBody: body, ...(this.#fifo && fifoFields(addressed, messageId)) };
    return this.#hold(() => this.#batcher.add(entry), lease);
  }
}

function fifoFields(addressed: Addressed, messageId: string): Partial<Outgoing> {
  const id = resultId(addressed);
  return {
    MessageGroupId: addressed.subject === undefined ? id : messageGroup(addressed.subject),
    MessageDeduplicationId: digest(id, messageId),
  };
}
