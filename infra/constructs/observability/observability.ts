import { Construct } from "constructs";
import type { Account } from "../../account.ts";
import { Alarms } from "./alarms.ts";
import { Dashboard } from "./dashboard.ts";
import { type Key, KeyEvents } from "./key-events.ts";
import { MetricFilters } from "./metric-filters.ts";
import type { Watched } from "./metrics.ts";
import { Notifications } from "./notifications.ts";

export interface ObservabilityProps extends Watched {
  account: Account;
  /** Of the LogGroup, which is made before the fleet. */
  logGroupName: string;
  /** What the table and the queues are encrypted with. */
  productKey: Key;
  /** What the log and the topic are encrypted with: another key, so that trouble with the first can be told. */
  operationsKeyArn: string;
  /** How old the oldest request may be, seconds. */
  oldestRequestSeconds: number;
  /** Whether the fleet may be scaled to nothing. */
  fleetMayBeEmpty: boolean;
  /** Mail addresses, each once. */
  subscribers: readonly string[];
}

/** Sees what happens to the worker, and tells whoever has to know. */
export class Observability extends Construct {
  readonly topicArn: string;
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { account, prefix, logGroupName, productKey: key, operationsKeyArn, subscribers } = props;
    const { topicArn } = new Notifications(this, "notifications", {
      account,
      prefix,
      keyArn: operationsKeyArn,
      subscribers,
    });
    new MetricFilters(this, "filters", { prefix, logGroupName });
    new KeyEvents(this, "key-events", { prefix, key, topicArn });
    const alarms = new Alarms(this, "alarms", { ...props, topicArn });
    const dashboard = new Dashboard(this, "dashboard", {
      ...props,
      region: account.region,
      key,
      alarmArns: alarms.arns,
    });
    this.topicArn = topicArn;
    this.dashboardName = dashboard.name;
  }
}
