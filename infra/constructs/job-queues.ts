import { SqsQueue, type SqsQueueConfig } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy/index.js";
import { SqsQueueRedriveAllowPolicy } from "@cdktf/provider-aws/lib/sqs-queue-redrive-allow-policy/index.js";
import { Construct } from "constructs";
import type { Account } from "../account.ts";
import type { QueuesConfig } from "../environment.ts";
import { accountsOf, denyWithoutTls, policyText, type Statement } from "../policy.ts";

const DAY = 86_400;
/** SQS's longest, seconds. */
const LONGEST_RETENTION = 14 * DAY;
/** SQS's largest message, bytes: a page of products may take all of it. */
const LARGEST_MESSAGE = 1_048_576;

export interface JobQueuesProps extends QueuesConfig {
  account: Account;
  prefix: string;
  keyArn: string;
}

export interface Queue {
  name: string;
  arn: string;
  url: string;
}

/** Requests, results and dead letters, and the queues that a request's ReplyTo may name. */
export class JobQueues extends Construct {
  readonly requests: Queue;
  readonly results: Queue;
  readonly deadLetters: Queue;
  readonly replies: Queue[];

  constructor(scope: Construct, id: string, props: JobQueuesProps) {
    super(scope, id);
    const { account, producers, readers } = props;
    const queue = (name: string, own: Partial<SqsQueueConfig>, grant?: Grant) =>
      createQueue(this, name, props, own, policyOf(account, grant));

    const deadLetters = queue("dead-letters", { messageRetentionSeconds: LONGEST_RETENTION });
    const requests = queue(
      "requests",
      {
        visibilityTimeoutSeconds: props.visibilityTimeout,
        messageRetentionSeconds: props.requestRetentionDays * DAY,
        receiveWaitTimeSeconds: 20,
        redrivePolicy: JSON.stringify({
          deadLetterTargetArn: deadLetters.arn,
          maxReceiveCount: props.maxReceiveCount,
        }),
      },
      { roles: producers, actions: SEND },
    );
    // On its own, for the two queues name each other.
    new SqsQueueRedriveAllowPolicy(this, "redrive", {
      queueUrl: deadLetters.url,
      redriveAllowPolicy: JSON.stringify({
        redrivePermission: "byQueue",
        sourceQueueArns: [requests.arn],
      }),
    });
    const results = { messageRetentionSeconds: props.resultRetentionDays * DAY };
    this.deadLetters = deadLetters;
    this.requests = requests;
    this.results = queue("results", results, { roles: readers, actions: READ });
    this.replies = props.replyQueues.map(({ name, readers: roles }) =>
      queue(name, results, { roles, actions: READ }),
    );
  }
}

interface Grant {
  roles: string[];
  actions: string[];
}

export const SEND = ["sqs:SendMessage"];
export const READ = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];

function createQueue(
  scope: Construct,
  name: string,
  { prefix, type, keyArn }: JobQueuesProps,
  own: Partial<SqsQueueConfig>,
  statements: (arn: string) => Statement[],
): Queue {
  const queue = new SqsQueue(scope, name, {
    name: `${prefix}product-${name}${type === "fifo" ? ".fifo" : ""}`,
    ...(type === "fifo" && {
      fifoQueue: true,
      // High throughput: 300 calls a second for each product, not for the queue.
      deduplicationScope: "messageGroup",
      fifoThroughputLimit: "perMessageGroupId",
    }),
    maxMessageSize: LARGEST_MESSAGE,
    kmsMasterKeyId: keyArn,
    kmsDataKeyReusePeriodSeconds: 300,
    ...own,
  });
  new SqsQueuePolicy(scope, `${name}-policy`, {
    queueUrl: queue.url,
    policy: policyText(...statements(queue.arn)),
  });
  return { name: queue.name, arn: queue.arn, url: queue.url };
}

/** Nobody without TLS, nobody of an account that has no role in the grant, and the grant. */
function policyOf(account: Account, grant?: Grant): (arn: string) => Statement[] {
  return (arn) => [
    denyWithoutTls("sqs:*", arn),
    {
      Sid: "DenyOtherAccounts",
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:*",
      Resource: arn,
      Condition: {
        StringNotEquals: {
          "aws:PrincipalAccount": [...new Set([account.id, ...accountsOf(grant?.roles ?? [])])],
        },
      },
    },
    ...(grant && grant.roles.length > 0
      ? [
          {
            Sid: "ListedRoles",
            Effect: "Allow" as const,
            Principal: { AWS: grant.roles },
            Action: grant.actions,
            Resource: arn,
          },
        ]
      : []),
  ];
}
