import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { utf8Bytes } from "../contract/json.ts";
import { Batcher } from "./batcher.ts";
import { entryOutcomes, withIds } from "./entries.ts";

/** A message to send: an entry of a SendMessageBatch without its Id. */
export type Outgoing = Omit<SendMessageBatchRequestEntry, "Id">;
export type Attributes = NonNullable<Outgoing["MessageAttributes"]>;

/** Sends to one queue, ten a call. */
export function sendingBatcher(sqs: SQSClient, url: string, working: () => number): Batcher<Outgoing> {
  return new Batcher({
    working,
    bytesOf: ({ MessageBody = "", MessageAttributes = {} }) =>
      utf8Bytes(MessageBody) + attributesBytes(MessageAttributes),
    send: async (messages) => {
      const command = new SendMessageBatchCommand({ QueueUrl: url, Entries: withIds(messages) });
      return entryOutcomes(messages.length, await sqs.send(command));
    },
  });
}

/** What attributes take of a message's size: names, types and values. */
export function attributesBytes(attributes: Attributes): number {
  let bytes = 0;
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes +=
      utf8Bytes(name) + utf8Bytes(DataType ?? "") + utf8Bytes(StringValue ?? "") + (BinaryValue?.length ?? 0);
  }
  return bytes;
}
