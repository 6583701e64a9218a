import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, test } from "vitest";
import type { ObservabilityProps } from "../../../infra/constructs/observability/observability.ts";
import { signals } from "../../../infra/constructs/observability/signals.ts";
import { all, only, type Synthesized } from "../../support/synth.ts";
import { KEY_ARN, KEY_ID, observed } from "./observed.ts";

interface Placed {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: Record<string, unknown>;
}

const bodyText = (stack: Synthesized) => String(only(stack, "aws_cloudwatch_dashboard").dashboard_body);
const stack = observed();
const { widgets } = JSON.parse(bodyText(stack)) as { widgets: Placed[] };
const metrics = widgets.flatMap(({ properties }) => (properties.metrics ?? []) as unknown[][]);

/** Everything by reference, as a stack hands it in. */
function byReference(scope: TerraformStack): Partial<ObservabilityProps> {
  const queue = (name: string) => new SqsQueue(scope, name, { name }).name;
  const key = new KmsKey(scope, "key");
  return {
    queues: { requests: queue("requests"), results: queue("results"), deadLetters: queue("dead-letters") },
    tableName: new DynamodbTable(scope, "table", { name: "products" }).name,
    autoScalingGroupName: new AutoscalingGroup(scope, "group", { minSize: 1, maxSize: 1 }).name,
    logGroupName: new CloudwatchLogGroup(scope, "log", { name: "log" }).name,
    productKey: { arn: key.arn, id: key.keyId },
  };
}

describe("the dashboard", () => {
  test("is laid out on CloudWatch's grid, without overlaps", () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect(width).toBeGreaterThanOrEqual(6);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(taken).not.toContain(`${column} ${row}`);
          taken.add(`${column} ${row}`);
        }
      }
    }
    expect(widgets.length).toBeLessThanOrEqual(500);
  });

  test("shows every alarm that is told", () => {
    const [shown] = widgets.filter(({ type }) => type === "alarm");
    const told = [
      ...all(stack, "aws_cloudwatch_metric_alarm").filter(({ alarm_actions }) => alarm_actions),
      ...all(stack, "aws_cloudwatch_composite_alarm"),
    ];
    expect(shown?.properties.alarms).toHaveLength(told.length);
  });

  test.each([
    ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "dev-requests.fifo"],
    ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", "dev-requests.fifo"],
    ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "dev-requests.fifo"],
    ["AWS/SQS", "NumberOfMessagesSent", "QueueName", "dev-requests.fifo"],
    ["AWS/SQS", "NumberOfMessagesReceived", "QueueName", "dev-requests.fifo"],
    ["AWS/SQS", "NumberOfMessagesDeleted", "QueueName", "dev-requests.fifo"],
    ["AWS/SQS", "NumberOfMessagesSent", "QueueName", "dev-results.fifo"],
    ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "dev-dead-letters.fifo"],
    ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "dev-products"],
    ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "dev-products"],
    ["AWS/DynamoDB", "ConditionalCheckFailedRequests", "TableName", "dev-products"],
    ...["UpdateItem", "BatchGetItem", "Scan"].flatMap((operation) =>
      ["SuccessfulRequestLatency", "ThrottledRequests", "SystemErrors"].map((name) => [
        ...["AWS/DynamoDB", name, "TableName", "dev-products", "Operation", operation],
      ]),
    ),
    ["AWS/AutoScaling", "GroupInServiceInstances", "AutoScalingGroupName", "dev-workers"],
    ["AWS/EC2", "CPUUtilization", "AutoScalingGroupName", "dev-workers"],
    ...Object.keys(signals).map((signal) => ["dev-product-worker", signal]),
  ])("shows %s %s, by %s %s", (...metric) => {
    const shown = metrics.map((line) => line.slice(0, -1));
    expect(shown).toContainEqual(metric);
  });

  test("asks the worker's log, and says in which region", () => {
    const logs = widgets.filter(({ type }) => type === "log");
    expect(logs).toHaveLength(2);
    for (const { properties } of logs) {
      expect(properties.query).toMatch(/^SOURCE '\/dev-product-worker\/worker'\n\| /);
    }
    for (const { type, properties } of widgets) {
      if (type === "log" || type === "metric") expect(properties.region).toBe("eu-west-1");
    }
  });

  test("searches for what KMS keeps of the key, and claims no name of a metric", () => {
    const [[search]] = metrics.filter(([first]) => typeof first === "object") as [[{ expression: string }]];
    expect(search.expression).toBe(`SEARCH('Namespace="AWS/KMS" ("${KEY_ID}" OR "${KEY_ARN}")', 'Sum', 300)`);
    expect(metrics.flat()).not.toContain("AWS/KMS");
  });

  test("is JSON whatever is known only when it is applied, and the same each time", () => {
    const text = bodyText(observed({}, byReference));
    expect(bodyText(observed({}, byReference))).toBe(text);
    expect(text).not.toContain("TfToken");
    const resolved = text.replace(/\$\{[^}"]+\}/g, "applied");
    expect(resolved).not.toContain("$" + "{");
    expect(JSON.parse(resolved).widgets).toHaveLength(widgets.length);
  });
});
