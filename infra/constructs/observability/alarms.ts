import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm/index.js";
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import { Construct } from "constructs";
import type { Advice, Condition, JointRule } from "./alarm-rule.ts";
import { type AlarmLimits, alarmRules, nobodyReceives } from "./alarm-rules.ts";
import type { Metric, Watched } from "./metrics.ts";
import { alarmName } from "./names.ts";

export interface AlarmsProps extends Watched, AlarmLimits {
  /** Told when an alarm begins and when it is over. */
  topicArn: string;
}

/** Every alarm, each told to the topic. */
export class Alarms extends Construct {
  /** Those that are told, in the order of the rules. */
  readonly arns: string[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const told = { alarmActions: [props.topicArn], okActions: [props.topicArn] };
    const single = alarmRules(props, props).map(
      (rule) => this.#single(props.prefix, rule, { ...told, alarmDescription: description(rule) }).arn,
    );
    this.arns = [...single, this.#joint(props.prefix, nobodyReceives(props), told)];
  }

  #single(
    prefix: string,
    rule: Condition,
    told: Partial<CloudwatchMetricAlarmConfig>,
  ): CloudwatchMetricAlarm {
    return new CloudwatchMetricAlarm(this, rule.name, {
      alarmName: alarmName(prefix, rule.name),
      ...watching(rule),
      ...threshold(rule),
      evaluationPeriods: rule.periods,
      datapointsToAlarm: rule.periods,
      treatMissingData: rule.missing,
      ...told,
    });
  }

  #joint(
    prefix: string,
    rule: JointRule,
    told: Pick<CloudwatchMetricAlarmConfig, "alarmActions" | "okActions">,
  ): string {
    const parts = rule.all.map((part) => {
      const alarmDescription = `${part.means} On its own no alarm: see ${alarmName(prefix, rule.name)}.`;
      return `ALARM("${this.#single(prefix, part, { alarmDescription }).alarmName}")`;
    });
    return new CloudwatchCompositeAlarm(this, rule.name, {
      alarmName: alarmName(prefix, rule.name),
      alarmDescription: description(rule),
      alarmRule: parts.join(" AND "),
      ...told,
    }).arn;
  }
}

function description({ means, first, see }: Advice): string {
  return `${means} First: ${first} More: docs/operations.md, "${see}".`;
}

function threshold({ name, above, below }: Condition): { comparisonOperator: string; threshold: number } {
  if (above !== undefined) return { comparisonOperator: "GreaterThanThreshold", threshold: above };
  if (below !== undefined) return { comparisonOperator: "LessThanThreshold", threshold: below };
  throw new Error(`the alarm ${name} has no limit`);
}

function watching({ watch, period, name: label }: Condition): Partial<CloudwatchMetricAlarmConfig> {
  if (!("expression" in watch)) return { ...identity(watch), statistic: watch.stat, period };
  const { expression, metrics } = watch;
  return {
    metricQuery: [
      { id: "result", expression, label, returnData: true },
      ...Object.entries(metrics).map(([id, metric]) => ({
        id,
        metric: { ...identity(metric), stat: metric.stat, period },
      })),
    ],
  };
}

function identity({ namespace, name: metricName, dimensions }: Metric) {
  return { namespace, metricName, ...(Object.keys(dimensions).length > 0 && { dimensions }) };
}
