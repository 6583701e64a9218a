import type { Account } from "./account.ts";

/** What the worker and the machine around it call: the one place that the role and the endpoints take it from. */
export const calls = {
  products: ["dynamodb:UpdateItem", "dynamodb:BatchGetItem", "dynamodb:Scan"],
  requests: [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
  ],
  /** On the queues of results, of replies and of dead letters. */
  answers: ["sqs:SendMessage", "sqs:GetQueueAttributes"],
  release: ["s3:GetObjectVersion"],
  logs: ["logs:CreateLogStream", "logs:PutLogEvents"],
  termination: ["autoscaling:CompleteLifecycleAction"],
  /** The SSM agent's for a session (AWS's "Add Session Manager permissions"); none of them takes a resource. */
  systemsManager: ["ssm:UpdateInstanceInformation"],
  sessions: [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ],
};

/** A log group, and the streams in it. */
export function logResources(logGroupArn: string): string[] {
  return [logGroupArn, `${logGroupArn}:log-stream:*`];
}

/** An Auto Scaling group by its name: its ARN has an id that nobody knows before it is made. */
export function groupArn({ partition, region, id }: Account, name: string): string {
  return `arn:${partition}:autoscaling:${region}:${id}:autoScalingGroup:*:autoScalingGroupName/${name}`;
}
