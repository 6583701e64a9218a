import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { isReceiptGone } from "../aws/failures.ts";
import { Batcher } from "./batcher.ts";
import { entryOutcomes, withIds } from "./entries.ts";
import type { Hold } from "./hold.ts";
import type { Lease } from "./lease.ts";
import type { Message } from "./message.ts";

export interface SettleOptions {
  sqs: SQSClient;
  /** The requests queue. */
  url: string;
  hold: Hold;
  working: () => number;
}

interface Deletion {
  ReceiptHandle: string;
}
interface VisibilityChange {
  ReceiptHandle: string;
  /** Seconds. */
  VisibilityTimeout: number;
}

/** What a delete or visibility change came to: `gone` where the message had left this worker's hand before. */
export type Settled = "done" | "gone";

/** Ends a message's time in hand, ten a call. */
export class Settle {
  readonly #hold: Hold;
  readonly #deletes: Batcher<Deletion>;
  readonly #visibility: Batcher<VisibilityChange>;

  constructor({ sqs, url, hold, working }: SettleOptions) {
    this.#hold = hold;
    this.#deletes = new Batcher({
      working,
      send: async (deletions) => {
        const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries: withIds(deletions) });
        return entryOutcomes(deletions.length, await sqs.send(command));
      },
    });
    this.#visibility = new Batcher({
      working,
      send: async (changes) => {
        const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: withIds(changes) });
        return entryOutcomes(changes.length, await sqs.send(command));
      },
    });
  }

  /** Deletes a message: its result, or the message itself, is where it belongs. */
  delete({ receiptHandle }: Message, lease?: Lease): Promise<Settled> {
    return this.#settle(() => this.#deletes.add({ ReceiptHandle: receiptHandle }), lease);
  }

  /**
   * Makes a message visible again after so many seconds from now: at once, later, or later than it would be.
   * @param seconds 0–43,200
   */
  reappear({ receiptHandle }: Message, seconds: number): Promise<Settled> {
    return this.#settle(() =>
      this.#visibility.add({ ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }),
    );
  }

  async #settle(step: () => Promise<void>, lease?: Lease): Promise<Settled> {
    try {
      await this.#hold(step, lease);
      return "done";
    } catch (error) {
      if (isReceiptGone(error)) return "gone";
      throw error;
    }
  }
}
