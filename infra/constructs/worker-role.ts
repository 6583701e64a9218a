import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Account } from "../account.ts";
import { calls, groupArn, logResources } from "../calls.ts";
import { policyText, type Statement } from "../policy.ts";
import { keyUse, type WorkerResources, workerPolicy } from "./worker-policy.ts";

export interface WorkerRoleProps {
  account: Account;
  prefix: string;
  resources: WorkerResources;
  /** The archive that an instance fetches as it boots. */
  release: { objectArn: string };
  logGroupArn: string;
  /** Of the group whose termination hook an instance completes. */
  autoScalingGroupName: string;
  permissionsBoundary: string | undefined;
}

/** The role of the instances: what the worker calls, and what the machine around it does. */
export class WorkerRole extends Construct {
  readonly arn: string;
  readonly profileName: string;
  readonly policyArn: string;
  /** What an instance needs to have of the role as it boots. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: WorkerRoleProps) {
    super(scope, id);
    const { prefix, permissionsBoundary } = props;
    const role = new IamRole(this, "role", {
      name: `${prefix}EC2-DynamoDB-Role`,
      assumeRolePolicy: policyText({
        Sid: "Instances",
        Effect: "Allow",
        Principal: { Service: "ec2.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
      ...(permissionsBoundary && { permissionsBoundary }),
    });
    const worker = new IamPolicy(this, "worker", {
      name: `${prefix}DynamoDB-KMS-Policy`,
      description: "What the product worker calls",
      policy: JSON.stringify(workerPolicy(props.resources)),
    });
    const machine = new IamPolicy(this, "machine", {
      name: `${prefix}product-worker-machine`,
      description:
        "What the machine around the product worker does: its release, its logs, its end, Session Manager",
      policy: policyText(...machineStatements(props)),
    });
    this.ready = Object.entries({ worker, machine }).map(
      ([name, { arn }]) =>
        new IamRolePolicyAttachment(this, `${name}-attachment`, { role: role.name, policyArn: arn }),
    );
    const profile = new IamInstanceProfile(this, "profile", {
      name: `${prefix}EC2-DynamoDB-Profile`,
      role: role.name,
    });
    this.arn = role.arn;
    this.profileName = profile.name;
    this.policyArn = worker.arn;
  }
}

function machineStatements(props: WorkerRoleProps): Statement[] {
  const { account, resources, release, logGroupArn, autoScalingGroupName } = props;
  const allow = (Sid: string, Action: string[], Resource: string | string[]): Statement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  return [
    allow("Release", calls.release, release.objectArn),
    keyUse("KeyThroughS3", ["kms:Decrypt"], resources.keyArn, "s3", account.region),
    allow("OwnLogGroup", calls.logs, logResources(logGroupArn)),
    allow("OwnTermination", calls.termination, groupArn(account, autoScalingGroupName)),
    allow("SessionManager", [...calls.systemsManager, ...calls.sessions], "*"),
  ];
}
