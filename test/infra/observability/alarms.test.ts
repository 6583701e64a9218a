import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { all, type Json, only } from "../../support/synth.ts";
import { alarmsByName, observed, referenceTo } from "./observed.ts";

const stack = observed();
const alarms = alarmsByName(stack);
const topic = referenceTo(stack, "aws_sns_topic", "arn");
const joint = only(stack, "aws_cloudwatch_composite_alarm");

/** Those that are part of the joint one, and told to nobody on their own. */
const PARTS = ["requests-wait", "none-received", "none-in-hand"];

const told = [
  ...Object.entries(alarms).filter(([name]) => !PARTS.includes(name)),
  ["nobody-receives", joint],
] as [string, Json][];

describe("every alarm", () => {
  test.each(told)("%s tells the topic that it began and that it is over", (_, alarm) => {
    expect(alarm.alarm_actions).toEqual([topic]);
    expect(alarm.ok_actions).toEqual([topic]);
  });

  test.each(told)("%s says what it means, the first thing to do, and where more is", (_, alarm) => {
    const text = String(alarm.alarm_description);
    const [, heading] = /^\S.+\. First: \S.+\. More: docs\/operations\.md, "(.+)"\.$/.exec(text) ?? [];
    const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
    expect(page).toContain(`\n## ${heading}\n`);
    expect(text.length).toBeLessThanOrEqual(1024);
  });

  test("has a name of its own", () => {
    const names = [...all(stack, "aws_cloudwatch_metric_alarm"), joint].map(({ alarm_name }) => alarm_name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^dev-product-worker-[a-z-]{1,200}$/);
  });

  test.each(Object.entries(alarms))("%s keeps CloudWatch's limits", (_, alarm) => {
    const queries = (alarm.metric_query ?? []) as { metric?: { period: number } }[];
    const period = Number(alarm.period ?? queries[1]?.metric?.period);
    const evaluations = Number(alarm.evaluation_periods);
    expect(Number(alarm.datapoints_to_alarm)).toBeLessThanOrEqual(evaluations);
    expect(period % 60).toBe(0);
    // In all a day; a week where a period is an hour or more.
    expect(period * evaluations).toBeLessThanOrEqual(period < 3600 ? 86_400 : 604_800);
    expect(["breaching", "notBreaching"]).toContain(alarm.treat_missing_data);
    if (alarm.statistic) expect(["Sum", "Minimum", "Maximum", "Average"]).toContain(alarm.statistic);
  });
});

describe("an alarm is", () => {
  const watches = (name: string) => {
    const { namespace, metric_name, dimensions, statistic, period } = alarms[name] ?? {};
    return { namespace, metric_name, dimensions, statistic, period };
  };
  const limit = (name: string) => {
    const { comparison_operator, threshold, evaluation_periods, datapoints_to_alarm, treat_missing_data } =
      alarms[name] ?? {};
    expect(datapoints_to_alarm).toBe(evaluation_periods);
    return [comparison_operator, threshold, evaluation_periods, treat_missing_data];
  };
  const queue = (QueueName: string, metric_name: string, statistic = "Maximum") => ({
    ...{ namespace: "AWS/SQS", metric_name, dimensions: { QueueName }, statistic, period: 60 },
  });
  const counted = (metric_name: string, period: number) => ({
    ...{ namespace: "dev-product-worker", metric_name, statistic: "Sum", period, dimensions: undefined },
  });

  test("a dead letter", () => {
    expect(watches("dead-letters")).toEqual(
      queue("dev-dead-letters.fifo", "ApproximateNumberOfMessagesVisible"),
    );
    expect(limit("dead-letters")).toEqual(["GreaterThanThreshold", 0, 1, "notBreaching"]);
  });

  test("a request that waits longer than configured", () => {
    expect(watches("oldest-request")).toEqual(queue("dev-requests.fifo", "ApproximateAgeOfOldestMessage"));
    expect(limit("oldest-request")).toEqual(["GreaterThanThreshold", 300, 3, "notBreaching"]);
    const other = alarmsByName(observed({ oldestRequestSeconds: 900 }));
    expect(other["oldest-request"]).toMatchObject({ threshold: 900 });
    expect(other["oldest-request"]?.alarm_description).toContain("900 s");
  });

  test.each([
    ["reads-throttled", "ReadThrottleEvents"],
    ["writes-throttled", "WriteThrottleEvents"],
  ])("throttling that lasts: %s", (name, metric_name) => {
    expect(watches(name)).toEqual({
      ...{ namespace: "AWS/DynamoDB", metric_name, dimensions: { TableName: "dev-products" } },
      ...{ statistic: "Sum", period: 60 },
    });
    expect(limit(name)).toEqual(["GreaterThanThreshold", 0, 5, "notBreaching"]);
  });

  test("a gate that closed and has not opened", () => {
    const { metric_query } = alarms["dependency-unavailable"] ?? {};
    const metric = (metric_name: string) => ({
      ...{ metric_name, namespace: "dev-product-worker", stat: "Sum", period: 3600 },
    });
    expect(metric_query).toEqual([
      {
        id: "result",
        expression: "FILL(closed, 0) - FILL(opened, 0)",
        label: "dependency-unavailable",
        return_data: true,
      },
      { id: "closed", metric: metric("GatesClosed") },
      { id: "opened", metric: metric("GatesOpened") },
    ]);
    expect(limit("dependency-unavailable")).toEqual(["GreaterThanThreshold", 0, 1, "notBreaching"]);
  });

  test.each([
    ["key-trouble", "KeyTrouble", 3600, 1],
    ["receives-failing", "ReceivesFailed", 60, 5],
    ["gave-up", "GaveUp", 300, 1],
    ["unreadable", "Unreadable", 300, 1],
  ])("a line in the log: %s", (name, signal, period, periods) => {
    expect(watches(name)).toEqual(counted(signal, period));
    expect(limit(name)).toEqual(["GreaterThanThreshold", 0, periods, "notBreaching"]);
  });

  test("a change of the key that nobody could be told of", () => {
    const rules = all(stack, "aws_cloudwatch_event_rule").map(({ name }) => name);
    const { dimensions } = alarms["key-event-lost"] as { dimensions: { RuleName: string } };
    expect(rules).toContain(dimensions.RuleName);
    expect(watches("key-event-lost")).toMatchObject({
      namespace: "AWS/Events",
      metric_name: "FailedInvocations",
    });
  });

  test("a fleet without an instance, unless it may be empty", () => {
    expect(watches("no-instance")).toEqual({
      ...{ namespace: "AWS/AutoScaling", metric_name: "GroupInServiceInstances" },
      ...{ dimensions: { AutoScalingGroupName: "dev-workers" }, statistic: "Maximum", period: 60 },
    });
    expect(limit("no-instance")).toEqual(["LessThanThreshold", 1, 10, "breaching"]);
    expect(alarmsByName(observed({ fleetMayBeEmpty: true }))).not.toHaveProperty("no-instance");
  });

  test("that requests wait, none is received and none is in hand, all three together", () => {
    const requests = "dev-requests.fifo";
    expect(watches("requests-wait")).toEqual(queue(requests, "ApproximateNumberOfMessagesVisible"));
    expect(limit("requests-wait")).toEqual(["GreaterThanThreshold", 0, 5, "notBreaching"]);
    expect(watches("none-received")).toEqual(queue(requests, "NumberOfMessagesReceived", "Sum"));
    // Where nobody receives, the count may not be reported at all.
    expect(limit("none-received")).toEqual(["LessThanThreshold", 1, 5, "breaching"]);
    expect(watches("none-in-hand")).toEqual(queue(requests, "ApproximateNumberOfMessagesNotVisible"));
    expect(limit("none-in-hand")).toEqual(["LessThanThreshold", 1, 5, "breaching"]);
    for (const part of PARTS) expect(alarms[part]).not.toHaveProperty("alarm_actions");
    const parts = PARTS.map((part) => {
      const [name] =
        Object.entries(stack.resource.aws_cloudwatch_metric_alarm ?? {}).find(
          ([, alarm]) => alarm === alarms[part],
        ) ?? [];
      return `ALARM("\${aws_cloudwatch_metric_alarm.${name}.alarm_name}")`;
    });
    expect(joint.alarm_rule).toBe(parts.join(" AND "));
  });
});
