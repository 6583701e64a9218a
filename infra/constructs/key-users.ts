import type { QueuesConfig } from "../environment.ts";
import { type Statement, viaService } from "../policy.ts";

/**
 * What the key's policy grants to whoever sends requests or reads results: a sender needs a data key and to read it
 * back, a reader to read it (SQS's "Configure KMS permissions").
 */
export function queueUserStatements(queues: QueuesConfig, region: string): Statement[] {
  const readers = [...queues.readers, ...queues.replyQueues.flatMap((queue) => queue.readers)];
  const statement = (Sid: string, roles: string[], Action: string[]): Statement[] =>
    roles.length === 0
      ? []
      : [
          {
            Sid,
            Effect: "Allow",
            Principal: { AWS: [...new Set(roles)] },
            Action,
            Resource: "*",
            Condition: viaService("sqs", region),
          },
        ];
  return [
    ...statement("SendersThroughSqs", queues.producers, ["kms:GenerateDataKey", "kms:Decrypt"]),
    ...statement("ReadersThroughSqs", readers, ["kms:Decrypt"]),
  ];
}
