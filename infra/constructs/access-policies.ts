import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { Construct } from "constructs";
import { logResources } from "../calls.ts";
import { policyText, type Statement } from "../policy.ts";
import { READ, SEND } from "./job-queues.ts";
import { keyUse, type WorkerResources } from "./worker-policy.ts";

export interface AccessPoliciesProps {
  prefix: string;
  resources: WorkerResources;
  logGroupArn: string;
}

/** Policies to attach to whoever works with the system: they are outputs, and attached to nobody here. */
export class AccessPolicies extends Construct {
  readonly producers: string;
  readonly readers: string;
  readonly operators: string;

  constructor(scope: Construct, id: string, { prefix, resources, logGroupArn }: AccessPoliciesProps) {
    super(scope, id);
    const policy = (name: string, description: string, statements: Statement[]) =>
      new IamPolicy(this, name, {
        name: `${prefix}product-worker-${name}`,
        description,
        policy: policyText(...statements),
      }).arn;
    this.producers = policy("producers", "Sends product requests", producerStatements(resources));
    this.readers = policy("readers", "Reads product results", readerStatements(resources));
    this.operators = policy(
      "operators",
      "Sends tests, looks into and redrives dead letters, reads the log, rotates the key",
      operatorStatements(resources, logGroupArn),
    );
  }
}

const allow = (Sid: string, Action: string[], Resource: string | string[]): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
});

function producerStatements({ requests, keyArn, region }: WorkerResources): Statement[] {
  return [
    allow("SendRequests", [...SEND, "sqs:GetQueueUrl"], requests.arn),
    keyUse("KeyThroughSqs", ["kms:GenerateDataKey", "kms:Decrypt"], keyArn, "sqs", region),
  ];
}

function readerStatements({ results, replies, keyArn, region }: WorkerResources): Statement[] {
  return [
    allow(
      "ReadResults",
      [...READ, "sqs:GetQueueUrl", "sqs:GetQueueAttributes"],
      [results, ...replies].map(({ arn }) => arn),
    ),
    keyUse("KeyThroughSqs", ["kms:Decrypt"], keyArn, "sqs", region),
  ];
}

function operatorStatements(resources: WorkerResources, logGroupArn: string): Statement[] {
  const { requests, results, deadLetters, replies, tableArn, keyArn, region } = resources;
  const every = [requests, results, deadLetters, ...replies].map(({ arn }) => arn);
  return [
    allow("SeeQueues", ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"], every),
    allow("SendTests", SEND, requests.arn),
    allow(
      "LookIntoResultsAndDeadLetters",
      READ,
      [results, deadLetters, ...replies].map(({ arn }) => arn),
    ),
    allow(
      "Redrive",
      ["sqs:StartMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:CancelMessageMoveTask"],
      deadLetters.arn,
    ),
    allow("SeeProducts", ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:BatchGetItem"], tableArn),
    allow(
      "SeeAndRotateKey",
      ["kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListKeyRotations", "kms:RotateKeyOnDemand"],
      keyArn,
    ),
    keyUse("KeyThroughSqs", ["kms:GenerateDataKey", "kms:Decrypt"], keyArn, "sqs", region),
    keyUse("KeyThroughDynamoDB", ["kms:Decrypt"], keyArn, "dynamodb", region),
    allow(
      "ReadLog",
      ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
      logResources(logGroupArn),
    ),
    // None of these takes a resource.
    allow(
      "SeeKeyEventsAndMetrics",
      [
        "cloudtrail:LookupEvents",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "logs:GetQueryResults",
        "logs:StopQuery",
      ],
      "*",
    ),
  ];
}
