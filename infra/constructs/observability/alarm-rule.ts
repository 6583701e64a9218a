import type { Metric } from "./metrics.ts";

const MINUTE = 60;

/** When a metric is out of bounds. */
export interface Bounds {
  /** It is an alarm above, or below, this. */
  above?: number;
  below?: number;
  /** How many periods in a row. */
  periods: number;
  /** Seconds. */
  period: number;
}

/** One thing that is watched. */
export interface Condition extends Bounds {
  name: string;
  /** What it means, in a sentence. */
  means: string;
  watch: Metric | { expression: string; metrics: Record<string, Metric> };
  /** What it means that there is no data. */
  missing: "breaching" | "notBreaching";
}

/** What whoever gets an alarm at night has to know. */
export interface Advice {
  means: string;
  /** The first thing to do, in a sentence. */
  first: string;
  /** The heading in docs/operations.md that says the rest. */
  see: "When something fails" | "Dead letters";
}

export type AlarmRule = Condition & Advice;

/** What is an alarm only together: nobody is told of the conditions one by one. */
export interface JointRule extends Advice {
  name: string;
  all: Condition[];
}

/** @param period seconds */
export function above(limit: number, periods: number, period = MINUTE): Bounds {
  return { above: limit, periods, period };
}

/** @param period seconds */
export function below(limit: number, periods: number, period = MINUTE): Bounds {
  return { below: limit, periods, period };
}
