import { calls } from "../calls.ts";
import { type PolicyDocument, policy, type Statement, viaService } from "../policy.ts";
import type { Queue } from "./job-queues.ts";

export interface WorkerResources {
  region: string;
  keyArn: string;
  tableArn: string;
  requests: Queue;
  results: Queue;
  deadLetters: Queue;
  replies: Queue[];
}

/** The calls that the worker makes, each on what it makes it on: nothing less works, and nothing more is needed. */
export function workerPolicy(resources: WorkerResources): PolicyDocument {
  const { requests, results, deadLetters, replies, tableArn, keyArn, region } = resources;
  return policy(
    {
      Sid: "Products",
      Effect: "Allow",
      Action: calls.products,
      Resource: tableArn,
    },
    {
      Sid: "Requests",
      Effect: "Allow",
      Action: calls.requests,
      Resource: requests.arn,
    },
    {
      Sid: "ResultsAndDeadLetters",
      Effect: "Allow",
      Action: calls.answers,
      Resource: [results, deadLetters, ...replies].map(({ arn }) => arn),
    },
    keyUse("KeyThroughDynamoDB", ["kms:Decrypt"], keyArn, "dynamodb", region),
    keyUse("KeyThroughSqs", ["kms:Decrypt", "kms:GenerateDataKey"], keyArn, "sqs", region),
  );
}

/** Use of the key through one service of the region. */
export function keyUse(
  Sid: string,
  Action: string[],
  Resource: string,
  service: string,
  region: string,
): Statement {
  return { Sid, Effect: "Allow", Action, Resource, Condition: viaService(service, region) };
}
