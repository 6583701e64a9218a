import type { TerraformStack } from "cdktf";
import {
  Observability,
  type ObservabilityProps,
} from "../../../infra/constructs/observability/observability.ts";
import { all, type Json, only, type Synthesized, synth } from "../../support/synth.ts";

export const ACCOUNT = { id: "123456789012", partition: "aws", region: "eu-west-1" };
export const KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab";
export const KEY_ARN = `arn:aws:kms:eu-west-1:123456789012:key/${KEY_ID}`;
export const OPERATIONS_KEY_ARN =
  "arn:aws:kms:eu-west-1:123456789012:key/99999999-0000-4000-8000-000000000000";

export const props: ObservabilityProps = {
  account: ACCOUNT,
  prefix: "dev-",
  logGroupName: "/dev-product-worker/worker",
  queues: {
    requests: "dev-requests.fifo",
    results: "dev-results.fifo",
    deadLetters: "dev-dead-letters.fifo",
  },
  tableName: "dev-products",
  autoScalingGroupName: "dev-workers",
  productKey: { arn: KEY_ARN, id: KEY_ID },
  operationsKeyArn: OPERATIONS_KEY_ARN,
  oldestRequestSeconds: 300,
  fleetMayBeEmpty: false,
  subscribers: ["ops@example.com", "night@example.com"],
};

/** The construct with these properties, synthesized. */
export function observed(
  changes: Partial<ObservabilityProps> = {},
  beside: (scope: TerraformStack) => Partial<ObservabilityProps> = () => ({}),
): Synthesized {
  return synth((scope) => {
    new Observability(scope, "observability", { ...props, ...changes, ...beside(scope) });
  });
}

/** Metric alarms by name, without what every one of them begins with. */
export function alarmsByName(stack: Synthesized): Record<string, Json> {
  return Object.fromEntries(
    all(stack, "aws_cloudwatch_metric_alarm").map((alarm) => [
      String(alarm.alarm_name).replace("dev-product-worker-", ""),
      alarm,
    ]),
  );
}

/** A reference to the only resource of a type, as Terraform has it. */
export function referenceTo(stack: Synthesized, type: string, attribute: string): string {
  only(stack, type);
  const [name] = Object.keys(stack.resource[type] ?? {});
  return `\${${type}.${name}.${attribute}}`;
}
