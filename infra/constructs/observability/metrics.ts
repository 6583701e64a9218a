import { metricNamespace } from "./names.ts";
import type { Signal } from "./signals.ts";

/** A CloudWatch metric and how its values in a period are put together. */
export interface Metric {
  namespace: string;
  name: string;
  /** At most one of each name; none for what is counted in the log. */
  dimensions: Record<string, string>;
  stat: "Sum" | "Average" | "Minimum" | "Maximum" | "p99";
}

/** What the worker is made of, by name. */
export interface Watched {
  /** Goes before every name of ours. */
  prefix: string;
  /** Names of queues; a FIFO queue's ends in .fifo, here as in its metrics. */
  queues: { requests: string; results: string; deadLetters: string };
  tableName: string;
  autoScalingGroupName: string;
}

/** The DynamoDB calls that the worker makes. */
export const OPERATIONS = ["UpdateItem", "BatchGetItem", "Scan"] as const;

type SqsMetric =
  | "ApproximateAgeOfOldestMessage"
  | "ApproximateNumberOfMessagesNotVisible"
  | "ApproximateNumberOfMessagesVisible"
  | "NumberOfMessagesDeleted"
  | "NumberOfMessagesReceived"
  | "NumberOfMessagesSent";

/** A count over the period for what happened, the highest value for a state. */
export function ofQueue(QueueName: string, name: SqsMetric): Metric {
  const stat = name.startsWith("Approximate") ? "Maximum" : "Sum";
  return { namespace: "AWS/SQS", name, dimensions: { QueueName }, stat };
}

type TableMetric =
  | "ConditionalCheckFailedRequests"
  | "ConsumedReadCapacityUnits"
  | "ConsumedWriteCapacityUnits"
  | "ReadThrottleEvents"
  | "WriteThrottleEvents";

export function ofTable(TableName: string, name: TableMetric): Metric {
  return { namespace: "AWS/DynamoDB", name, dimensions: { TableName }, stat: "Sum" };
}

/** Throttled requests, errors and latency are kept for each operation, not for the table. */
export function ofOperation(
  TableName: string,
  Operation: (typeof OPERATIONS)[number],
  name: "SuccessfulRequestLatency" | "SystemErrors" | "ThrottledRequests",
): Metric {
  const stat = name === "SuccessfulRequestLatency" ? "p99" : "Sum";
  return { namespace: "AWS/DynamoDB", name, dimensions: { TableName, Operation }, stat };
}

/** Only there where the group's own metrics are switched on. */
export function ofGroup(
  AutoScalingGroupName: string,
  name: "GroupDesiredCapacity" | "GroupInServiceInstances",
): Metric {
  return { namespace: "AWS/AutoScaling", name, dimensions: { AutoScalingGroupName }, stat: "Maximum" };
}

export function ofInstances(AutoScalingGroupName: string, stat: "Average" | "Maximum"): Metric {
  return { namespace: "AWS/EC2", name: "CPUUtilization", dimensions: { AutoScalingGroupName }, stat };
}

/** Events that matched an EventBridge rule and could not be delivered. */
export function undelivered(RuleName: string): Metric {
  return { namespace: "AWS/Events", name: "FailedInvocations", dimensions: { RuleName }, stat: "Sum" };
}

/** What is counted in the worker's log. */
export function ofLog(prefix: string, signal: Signal): Metric {
  return { namespace: metricNamespace(prefix), name: signal, dimensions: {}, stat: "Sum" };
}
