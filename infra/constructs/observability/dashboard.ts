import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js";
import { Construct } from "constructs";
import type { Key } from "./key-events.ts";
import {
  OPERATIONS,
  ofGroup,
  ofInstances,
  ofLog,
  ofOperation,
  ofQueue,
  ofTable,
  type Watched,
} from "./metrics.ts";
import { dashboardName } from "./names.ts";
import type { Signal } from "./signals.ts";
import { alarmStates, found, graph, heading, laidOut, log, type Widget } from "./widgets.ts";

export interface DashboardProps extends Watched {
  region: string;
  logGroupName: string;
  key: Key;
  alarmArns: string[];
}

/** Everything on one page, from what needs hands to what explains it. */
export class Dashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const widgets = laidOut([
      [alarmStates("Alarms", props.alarmArns)],
      ...queues(props),
      ...worker(props),
      ...table(props),
      ...fleet(props),
      ...key(props),
    ]);
    const dashboard = new CloudwatchDashboard(this, "dashboard", {
      dashboardName: dashboardName(props.prefix),
      // Names and ARNs come as references into the text: nothing in them needs escaping in JSON.
      dashboardBody: JSON.stringify({ start: "-PT6H", periodOverride: "inherit", widgets }),
    });
    this.name = dashboard.dashboardName;
  }
}

function queues({ region, queues: { requests, results, deadLetters } }: DashboardProps): Widget[][] {
  return [
    heading("Queues"),
    [
      graph(region, "Requests in the queue", {
        waiting: ofQueue(requests, "ApproximateNumberOfMessagesVisible"),
        "in hand": ofQueue(requests, "ApproximateNumberOfMessagesNotVisible"),
      }),
      graph(region, "Age of the oldest request, s", {
        oldest: ofQueue(requests, "ApproximateAgeOfOldestMessage"),
      }),
      graph(region, "Not taken or not mended", {
        "results waiting": ofQueue(results, "ApproximateNumberOfMessagesVisible"),
        "dead letters": ofQueue(deadLetters, "ApproximateNumberOfMessagesVisible"),
      }),
      graph(region, "Requests and their results a minute", {
        sent: ofQueue(requests, "NumberOfMessagesSent"),
        received: ofQueue(requests, "NumberOfMessagesReceived"),
        answered: ofQueue(results, "NumberOfMessagesSent"),
        deleted: ofQueue(requests, "NumberOfMessagesDeleted"),
      }),
    ],
  ];
}

function worker({ region, prefix, logGroupName }: DashboardProps): Widget[][] {
  const counted = (title: string, lines: Record<string, Signal>) =>
    graph(
      region,
      title,
      Object.fromEntries(Object.entries(lines).map(([label, signal]) => [label, ofLog(prefix, signal)])),
    );
  return [
    heading("Worker, as its log has it"),
    [
      counted("Dependencies", { "became unavailable": "GatesClosed", "available again": "GatesOpened" }),
      counted("Requests that failed", {
        "attempt failed": "AttemptsFailed",
        "given up": "GaveUp",
        unreadable: "Unreadable",
      }),
      counted("Receives and leases", { "receive failed": "ReceivesFailed", "lease lost": "LeasesLost" }),
      counted("Starts", { starts: "Starts" }),
    ],
    [
      log(region, "What was unavailable", logGroupName, [
        "filter msg = 'unavailable: holding what is in hand'",
        "stats count(*) as times, latest(@timestamp) as seen, latest(reason) as why by dependency, error",
        "sort seen desc",
      ]),
      log(region, "The last warnings and errors", logGroupName, [
        "filter level in ['warn', 'error', 'fatal']",
        "fields @timestamp, level, msg, dependency, error, reason, requestId, productId",
        "sort @timestamp desc",
        "limit 50",
      ]),
    ],
  ];
}

function table({ region, tableName }: DashboardProps): Widget[][] {
  const byOperation = (name: Parameters<typeof ofOperation>[2]) =>
    Object.fromEntries(OPERATIONS.map((operation) => [operation, ofOperation(tableName, operation, name)]));
  return [
    heading("Table"),
    [
      graph(region, "Request units a minute", {
        read: ofTable(tableName, "ConsumedReadCapacityUnits"),
        written: ofTable(tableName, "ConsumedWriteCapacityUnits"),
      }),
      graph(region, "Latency, ms, p99", byOperation("SuccessfulRequestLatency")),
      graph(region, "Throttled", {
        reads: ofTable(tableName, "ReadThrottleEvents"),
        writes: ofTable(tableName, "WriteThrottleEvents"),
        ...byOperation("ThrottledRequests"),
      }),
    ],
    [
      // Writes that found a later one, a repetition or another version: conflicts are answered, not failures.
      graph(region, "Conditions that did not hold", {
        writes: ofTable(tableName, "ConditionalCheckFailedRequests"),
      }),
      graph(region, "DynamoDB's own errors", byOperation("SystemErrors")),
    ],
  ];
}

function fleet({ region, autoScalingGroupName }: DashboardProps): Widget[][] {
  return [
    heading("Fleet"),
    [
      graph(region, "Instances", {
        wanted: ofGroup(autoScalingGroupName, "GroupDesiredCapacity"),
        "in service": ofGroup(autoScalingGroupName, "GroupInServiceInstances"),
      }),
      graph(region, "CPU, %", {
        average: ofInstances(autoScalingGroupName, "Average"),
        busiest: ofInstances(autoScalingGroupName, "Maximum"),
      }),
    ],
  ];
}

function key({ region, prefix, key: { arn, id } }: DashboardProps): Widget[][] {
  return [
    heading("The products' key"),
    [
      graph(region, "Could not be used", { times: ofLog(prefix, "KeyTrouble") }),
      // Which metrics KMS keeps for a key, and by what dimension, is left to what is found.
      found(region, "Use of the key", `SEARCH('Namespace="AWS/KMS" ("${id}" OR "${arn}")', 'Sum', 300)`),
    ],
  ];
}
