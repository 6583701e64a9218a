import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription/index.js";
import { Construct } from "constructs";
import type { Account } from "../../account.ts";
import { denyWithoutTls, policyText, type Statement } from "../../policy.ts";
import { alarmName, topicName } from "./names.ts";

export interface NotificationsProps {
  account: Account;
  prefix: string;
  /** Of the operations key: told by the products' key, nobody would hear that it was disabled. */
  keyArn: string;
  /** Mail addresses, each once; each has to confirm. */
  subscribers: readonly string[];
}

/** Whoever is to be told. */
export class Notifications extends Construct {
  readonly topicArn: string;

  constructor(scope: Construct, id: string, { account, prefix, keyArn, subscribers }: NotificationsProps) {
    super(scope, id);
    const topic = new SnsTopic(this, "topic", {
      name: topicName(prefix),
      displayName: `${prefix}product-worker`,
      kmsMasterKeyId: keyArn,
    });
    new SnsTopicPolicy(this, "policy", {
      arn: topic.arn,
      policy: policyText(...publishers(account, prefix, topic.arn), denyWithoutTls("sns:Publish", topic.arn)),
    });
    for (const endpoint of subscribers) {
      // By address, so that one who leaves does not make the others confirm again.
      new SnsTopicSubscription(this, `subscriber-${endpoint}`, {
        topicArn: topic.arn,
        protocol: "email",
        endpoint,
      });
    }
    this.topicArn = topic.arn;
  }
}

/** The condition that it is one of our alarms. */
function ofOurAlarms(account: Account, prefix: string): NonNullable<Statement["Condition"]> {
  const { id, partition, region } = account;
  return {
    StringEquals: { "aws:SourceAccount": id },
    ArnLike: {
      "aws:SourceArn": `arn:${partition}:cloudwatch:${region}:${id}:alarm:${alarmName(prefix, "*")}`,
    },
  };
}

function publishers(account: Account, prefix: string, topicArn: string): Statement[] {
  const publish = { Effect: "Allow", Action: "sns:Publish", Resource: topicArn } as const;
  return [
    {
      Sid: "Alarms",
      ...publish,
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Condition: ofOurAlarms(account, prefix),
    },
    {
      // EventBridge's guide: "You can't use Condition blocks in Amazon SNS topic policies for EventBridge." A rule
      // of another account cannot publish as the service: across accounts it needs a role of its own.
      Sid: "KeyEvents",
      ...publish,
      Principal: { Service: "events.amazonaws.com" },
    },
  ];
}

/** What the publishers need of the key that the topic is encrypted with. */
export function topicKeyStatements(account: Account, prefix: string): Statement[] {
  const { id, partition, region } = account;
  const use = { Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Resource: "*" } as const;
  return [
    {
      Sid: "AlarmsToTopic",
      ...use,
      Action: [...use.Action],
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Condition: ofOurAlarms(account, prefix),
    },
    {
      // SNS's guide: aws:SourceAccount and aws:SourceArn are not supported for EventBridge to encrypted topics. What
      // SNS gives as the encryption context is the topic.
      Sid: "KeyEventsToTopic",
      ...use,
      Action: [...use.Action],
      Principal: { Service: "events.amazonaws.com" },
      Condition: {
        StringEquals: {
          "kms:EncryptionContext:aws:sns:topicArn": `arn:${partition}:sns:${region}:${id}:${topicName(prefix)}`,
        },
      },
    },
  ];
}
