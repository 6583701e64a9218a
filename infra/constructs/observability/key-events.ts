import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { Construct } from "constructs";
import { ruleName } from "./names.ts";

/*
 * What is done to the products' key is told within a minute; what it does to the worker shows only when DynamoDB asks
 * KMS again, about five minutes later.
 *
 * Calls reach EventBridge through CloudTrail, and only in an account with a trail that records management events and
 * does not leave out KMS's. Rotation and deletion come from KMS itself. Both are best effort.
 */

/** Calls that make the key unusable, that make it usable again, or that decide who may use it and how it rotates. */
const CALLS = [
  "CancelKeyDeletion",
  "DisableKey",
  "DisableKeyRotation",
  "EnableKey",
  "EnableKeyRotation",
  "PutKeyPolicy",
  "RevokeGrant",
  "ScheduleKeyDeletion",
];

export interface Key {
  arn: string;
  id: string;
}

/** An EventBridge pattern: an array gives the values that match. */
export interface Pattern {
  [field: string]: Pattern | Pattern[] | (string | { exists: boolean })[];
}

interface KeyEvent {
  name: string;
  description: string;
  pattern: Pattern;
  /** What the text takes from the event. */
  paths: Record<string, string>;
  /** What is sent. */
  text: string;
}

function keyEvents({ arn, id }: Key): KeyEvent[] {
  // A caller may name the key by id or ARN; a refused call may be recorded without what it asked for.
  const ofTheKey: Pattern[] = [{ requestParameters: { keyId: [id, arn] } }, { resources: { ARN: [arn] } }];
  const call = (errorCode: { exists: boolean }): Pattern => ({
    source: ["aws.kms"],
    "detail-type": ["AWS API Call via CloudTrail"],
    detail: { eventSource: ["kms.amazonaws.com"], eventName: CALLS, errorCode: [errorCode], $or: ofTheKey },
  });
  const notice = (type: string): Pattern => ({
    source: ["aws.kms"],
    "detail-type": [type],
    resources: [arn],
  });
  const who = { call: "$.detail.eventName", who: "$.detail.userIdentity.arn", time: "$.detail.eventTime" };
  const when = { time: "$.time", key: "$.detail.key-id" };
  return [
    {
      name: "key-changed",
      description: "The products' key was changed",
      pattern: call({ exists: false }),
      paths: who,
      text: `<call> was called on the products' key ${id} by <who> at <time>. Disabled, pending deletion or with another policy it stops the worker within about five minutes; a cancelled deletion leaves it disabled. More: docs/operations.md, 'When something fails'.`,
    },
    {
      name: "key-change-refused",
      description: "A change of the products' key was tried and refused",
      pattern: call({ exists: true }),
      paths: { ...who, error: "$.detail.errorCode" },
      text: `<call> on the products' key ${id} was tried by <who> at <time> and refused: <error>. Nothing has changed; find out who that was.`,
    },
    {
      name: "key-rotated",
      description: "The products' key has new key material",
      pattern: notice("KMS CMK Rotation"),
      paths: when,
      text: "The products' key <key> has new key material since <time>. Nothing is to be done: what was encrypted before stays readable.",
    },
    {
      name: "key-deleted",
      description: "The products' key is gone",
      pattern: notice("KMS CMK Deletion"),
      paths: when,
      text: "The products' key <key> was deleted at <time>. What it encrypted cannot be read any more: the table, its backups and the queues' messages.",
    },
  ];
}

export interface KeyEventsProps {
  prefix: string;
  key: Key;
  topicArn: string;
}

/** Tells the topic what is done to the products' key. */
export class KeyEvents extends Construct {
  constructor(scope: Construct, id: string, { prefix, key, topicArn }: KeyEventsProps) {
    super(scope, id);
    for (const { name, description, pattern, paths, text } of keyEvents(key)) {
      const rule = new CloudwatchEventRule(this, name, {
        name: ruleName(prefix, name),
        description,
        eventPattern: JSON.stringify(pattern),
      });
      new CloudwatchEventTarget(this, `${name}-target`, {
        rule: rule.name,
        targetId: "notifications",
        arn: topicArn,
        // A template that is text and not an object has to be in quotes.
        inputTransformer: { inputPaths: paths, inputTemplate: `"${text}"` },
      });
    }
  }
}
