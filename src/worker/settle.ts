import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { isReceiptGone } from "../aws/failures.ts";
import { Batcher } from "./batcher.ts";
import { entryId, entryOutcomes } from "./entries.ts";
import type { Hold } from "./hold.ts";
import type { Lease } from "./leases.ts";
import type { Message } from "./message.ts";

export interface SettleOptions {
  sqs: SQSClient;
  /** The requests queue. */
  url: string;
  hold: Hold;
  inHand: () => number;
}

interface VisibilityChange {
  receiptHandle: string;
  seconds: number;
}

/** What a delete or visibility change came to: `gone` where the message had left this worker's hand before. */
export type Settled = "done" | "gone";

/** Ends a message's time in hand, ten a call. */
export class Settle {
  readonly #hold: Hold;
  readonly #deletes: Batcher<string>;
  readonly #visibility: Batcher<VisibilityChange>;

  constructor({ sqs, url, hold, inHand }: SettleOptions) {
    this.#hold = hold;
    this.#deletes = new Batcher({
      inHand,
      send: async (handles) => {
        const Entries = handles.map((ReceiptHandle, index) => ({ Id: entryId(index), ReceiptHandle }));
        const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries });
        return entryOutcomes(handles.length, await sqs.send(command));
      },
    });
    this.#visibility = new Batcher({
      inHand,
      send: async (changes) => {
        const Entries = changes.map(({ receiptHandle, seconds }, index) => ({
          Id: entryId(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }));
        const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries });
        return entryOutcomes(changes.length, await sqs.send(command));
      },
    });
  }

  /** Deletes a message: its result, or the message itself, is where it belongs. */
  delete({ receiptHandle }: Message, lease?: Lease): Promise<Settled> {
    return this.#settle(() => this.#deletes.add(receiptHandle), lease);
  }

  /**
   * Makes a message visible again after so many seconds from now: at once, later, or later than it would be.
   * @param seconds 0–43,200
   */
  reappear({ receiptHandle }: Message, seconds: number): Promise<Settled> {
    return this.#settle(() => this.#visibility.add({ receiptHandle, seconds }));
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
