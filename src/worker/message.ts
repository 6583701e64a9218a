import type { Message as SqsMessage } from "@aws-sdk/client-sqs";

/** A received message: in hand until it is settled. */
export interface Message {
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: NonNullable<SqsMessage["MessageAttributes"]>;
  groupId?: string;
  /** Deliveries so far, this one included. */
  receiveCount: number;
  /** When the queue accepted it, epoch ms. */
  sentAt: number;
  /** When it was received, epoch ms. */
  receivedAt: number;
}

/** The system attributes that `toMessage` reads: a receive must ask for them. */
export const SYSTEM_ATTRIBUTES = ["ApproximateReceiveCount", "SentTimestamp", "MessageGroupId"] as const;

/** @param receivedAt epoch ms */
export function toMessage(received: SqsMessage, receivedAt: number): Message {
  const system = received.Attributes ?? {};
  const groupId = system.MessageGroupId;
  return {
    messageId: received.MessageId ?? "",
    receiptHandle: received.ReceiptHandle ?? "",
    body: received.Body ?? "",
    attributes: received.MessageAttributes ?? {},
    ...(groupId !== undefined && { groupId }),
    receiveCount: Number(system.ApproximateReceiveCount ?? 1),
    sentAt: Number(system.SentTimestamp ?? receivedAt),
    receivedAt,
  };
}
