import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** What the worker needs to know of a queue, from the queue itself. */
export interface QueueFacts {
  url: string;
  fifo: boolean;
  /** Seconds. */
  visibilityTimeout: number;
  /** Bytes of body and attributes together. */
  maximumMessageSize: number;
  /** Deliveries before SQS moves a message to the dead-letter queue; absent without a redrive policy. */
  maxReceiveCount?: number;
  /** Where SQS moves it then. */
  deadLetterArn?: string;
}

export function isFifo(url: string): boolean {
  return url.endsWith(".fifo");
}

/** @throws whatever GetQueueAttributes throws */
export async function describeQueue(sqs: SQSClient, url: string): Promise<QueueFacts> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ["VisibilityTimeout", "MaximumMessageSize", "RedrivePolicy"],
    }),
  );
  const redrive = readRedrivePolicy(Attributes.RedrivePolicy);
  return {
    url,
    fifo: isFifo(url),
    visibilityTimeout: Number(Attributes.VisibilityTimeout ?? 30),
    maximumMessageSize: Number(Attributes.MaximumMessageSize ?? 1_048_576),
    ...redrive,
  };
}

function readRedrivePolicy(
  policy: string | undefined,
): Pick<QueueFacts, "maxReceiveCount" | "deadLetterArn"> {
  if (!policy) return {};
  const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(policy) as Record<string, unknown>;
  return {
    // SQS takes it as a number or as text.
    ...(maxReceiveCount !== undefined && { maxReceiveCount: Number(maxReceiveCount) }),
    ...(typeof deadLetterTargetArn === "string" && { deadLetterArn: deadLetterTargetArn }),
  };
}
