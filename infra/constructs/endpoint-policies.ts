import type { Account } from "../account.ts";
import { calls, groupArn, logResources } from "../calls.ts";
import { policyText, type Statement } from "../policy.ts";

export interface EndpointResources {
  account: Account;
  /** The only role that the endpoints serve. */
  roleArn: string;
  tableArn: string;
  queueArns: string[];
  logGroupArn: string;
  /** The object that instances fetch. */
  releaseArn: string;
  autoScalingGroupName: string;
}

/** What each endpoint lets through: the workers' role, on these resources. */
export function endpointPolicies(resources: EndpointResources) {
  const { account, roleArn } = resources;
  const { partition, region } = account;
  const only = (Sid: string, Action: string[], Resource: string | string[]): Statement => ({
    Sid,
    Effect: "Allow",
    // A gateway endpoint takes no role as its principal; this condition is its way to name one.
    Principal: "*",
    Action,
    Resource,
    Condition: { ArnEquals: { "aws:PrincipalArn": roleArn } },
  });
  const queues = [...new Set([...calls.requests, ...calls.answers])];
  const group = groupArn(account, resources.autoScalingGroupName);
  return {
    gateways: {
      dynamodb: policyText(only("Products", calls.products, resources.tableArn)),
      s3: policyText(only("Release", calls.release, resources.releaseArn), {
        Sid: "AmazonLinuxPackages",
        Effect: "Allow",
        // Fetched without a signature: there is no principal to name.
        Principal: "*",
        Action: ["s3:GetObject"],
        Resource: `arn:${partition}:s3:::al2023-repos-${region}-de612dc2/*`,
      }),
    },
    interfaces: {
      sqs: policyText(only("Queues", queues, resources.queueArns)),
      logs: policyText(only("OwnLogGroup", calls.logs, logResources(resources.logGroupArn))),
      autoscaling: policyText(only("OwnTermination", calls.termination, group)),
      ssm: policyText(only("SessionManager", calls.systemsManager, "*")),
      ssmmessages: policyText(only("SessionManager", calls.sessions, "*")),
    },
  };
}
