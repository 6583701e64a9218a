import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { Construct } from "constructs";
import type { Account } from "../../account.ts";
import type { Environment } from "../../environment.ts";
import type { Statement } from "../../policy.ts";
import { logGroupName } from "./names.ts";

export interface LogGroupProps {
  prefix: string;
  /** Of the operations key, not the products': the log says why the products' key cannot be used. */
  keyArn: string;
  retentionDays: Environment["observability"]["logRetentionDays"];
}

/** The worker's log. It is made before the fleet, which writes to it, and before what reads from it. */
export class LogGroup extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, { prefix, keyArn, retentionDays }: LogGroupProps) {
    super(scope, id);
    const group = new CloudwatchLogGroup(this, "group", {
      name: logGroupName(prefix),
      kmsKeyId: keyArn,
      retentionInDays: retentionDays,
    });
    this.name = group.name;
    this.arn = group.arn;
  }
}

/**
 * What CloudWatch Logs needs of the key, for this log group only: it gives the group's ARN as the encryption context.
 */
export function logGroupKeyStatement({ id, partition, region }: Account, prefix: string): Statement {
  return {
    Sid: "WorkerLog",
    Effect: "Allow",
    Principal: { Service: `logs.${region}.amazonaws.com` },
    Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
    Resource: "*",
    Condition: {
      ArnEquals: {
        "kms:EncryptionContext:aws:logs:arn": `arn:${partition}:logs:${region}:${id}:log-group:${logGroupName(prefix)}`,
      },
    },
  };
}
