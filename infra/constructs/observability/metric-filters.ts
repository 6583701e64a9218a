import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter/index.js";
import { Construct } from "constructs";
import { metricNamespace } from "./names.ts";
import { signals } from "./signals.ts";

export interface MetricFiltersProps {
  prefix: string;
  logGroupName: string;
}

/**
 * Counts what matters in the worker's log. Without dimensions, though a closed gate has a name: a metric with
 * dimensions cannot have a default value, and an alarm could not watch them all. The dashboard tells them apart.
 */
export class MetricFilters extends Construct {
  constructor(scope: Construct, id: string, { prefix, logGroupName }: MetricFiltersProps) {
    super(scope, id);
    for (const [name, pattern] of Object.entries(signals)) {
      new CloudwatchLogMetricFilter(this, name, {
        name: `${prefix}product-worker-${name}`,
        logGroupName,
        pattern,
        metricTransformation: {
          name,
          namespace: metricNamespace(prefix),
          value: "1",
          // Where something else was logged, "none of these" is known, and is not missing data.
          defaultValue: "0",
          unit: "Count",
        },
      });
    }
  }
}
