import { type AlarmRule, above, below, type JointRule } from "./alarm-rule.ts";
import { ofGroup, ofLog, ofQueue, ofTable, undelivered, type Watched } from "./metrics.ts";
import { ruleName } from "./names.ts";

const FIVE_MINUTES = 300;
const HOUR = 3600;

export interface AlarmLimits {
  /** How old the oldest request may be, seconds. */
  oldestRequestSeconds: number;
  /** Whether the fleet may be scaled to nothing: then an empty one is no alarm of its own. */
  fleetMayBeEmpty: boolean;
}

/** Every alarm that watches one thing. */
export function alarmRules(watched: Watched, limits: AlarmLimits): AlarmRule[] {
  return [
    ...queueRules(watched, limits),
    throttled(watched, "reads", "ReadThrottleEvents"),
    throttled(watched, "writes", "WriteThrottleEvents"),
    ...logRules(watched),
    keyEventLost(watched),
    ...(limits.fleetMayBeEmpty ? [] : [noInstance(watched)]),
  ];
}

function queueRules({ queues }: Watched, { oldestRequestSeconds }: AlarmLimits): AlarmRule[] {
  return [
    {
      name: "dead-letters",
      means: "There are dead letters: requests that were given up, or messages that cannot be read.",
      first: "Look at their RejectedReason; redrive them when the cause is mended.",
      see: "Dead letters",
      watch: ofQueue(queues.deadLetters, "ApproximateNumberOfMessagesVisible"),
      ...above(0, 1),
      // A queue with neither messages nor calls for hours reports nothing.
      missing: "notBreaching",
    },
    {
      name: "oldest-request",
      means: `The oldest request has waited for more than ${oldestRequestSeconds} s.`,
      first: "See whether the worker holds (a closed gate), is throttled, or is too small for what comes in.",
      see: "When something fails",
      watch: ofQueue(queues.requests, "ApproximateAgeOfOldestMessage"),
      ...above(oldestRequestSeconds, 3),
      // Reported only while there are messages.
      missing: "notBreaching",
    },
  ];
}

function logRules({ prefix }: Watched): AlarmRule[] {
  return [
    {
      name: "dependency-unavailable",
      means:
        'In the last hour more gates closed than opened: something cannot be used, and the worker holds what it has. OK after an hour does not mean that it can again: look for "available again" in the log.',
      first:
        'Find "unavailable: holding what is in hand" in the log: dependency and reason say what to mend.',
      see: "When something fails",
      /*
       * A gate is logged when it closes and when it opens, never in between: one minute's count would be an alarm for
       * one minute. Over an hour that slides with every evaluation the difference stays until the gate opens, and what
       * opened again at once is none. A worker that ends with a gate closed leaves it there for the hour.
       */
      watch: {
        expression: "FILL(closed, 0) - FILL(opened, 0)",
        metrics: { closed: ofLog(prefix, "GatesClosed"), opened: ofLog(prefix, "GatesOpened") },
      },
      ...above(0, 1, HOUR),
      missing: "notBreaching",
    },
    {
      name: "key-trouble",
      means: "In the last hour a KMS key could not be used: disabled, pending deletion, or not permitted.",
      first: "Look at the key's state and policy; enable it, after a cancelled deletion too.",
      see: "When something fails",
      watch: ofLog(prefix, "KeyTrouble"),
      // Logged once, when the gate closes: the hour keeps it in sight.
      ...above(0, 1, HOUR),
      missing: "notBreaching",
    },
    {
      name: "receives-failing",
      means: "For five minutes receives from the requests queue have failed.",
      first:
        'Find "receive failed" in the log: its reason says whether it is the queue, its key or the role.',
      see: "When something fails",
      watch: ofLog(prefix, "ReceivesFailed"),
      // A failed receive is tried again within 30 s, so that every minute has one.
      ...above(0, 5),
      missing: "notBreaching",
    },
    {
      name: "gave-up",
      means:
        "A request failed at every delivery in a way that nobody foresaw, was answered GAVE_UP and parked.",
      first: 'Find "last attempt failed" in the log and read its reason; redrive when that is mended.',
      see: "When something fails",
      watch: ofLog(prefix, "GaveUp"),
      ...above(0, 1, FIVE_MINUTES),
      missing: "notBreaching",
    },
    {
      name: "unreadable",
      means: "A message that nobody can read was parked: its sender could not be answered.",
      first: "Look into the dead letter for who sent it.",
      see: "Dead letters",
      watch: ofLog(prefix, "Unreadable"),
      ...above(0, 1, FIVE_MINUTES),
      missing: "notBreaching",
    },
  ];
}

/** Of the table as a whole: a batch counts in ThrottledRequests only where all of it was throttled. */
function throttled(
  { tableName }: Watched,
  what: "reads" | "writes",
  metric: "ReadThrottleEvents" | "WriteThrottleEvents",
): AlarmRule {
  return {
    name: `${what}-throttled`,
    means: `For five minutes the table has throttled ${what}; nothing is lost, but it takes longer.`,
    first: "Compare consumed capacity with the table's maximum; below that, look for a hot product.",
    see: "When something fails",
    watch: ofTable(tableName, metric),
    ...above(0, 5),
    // Reported only when it happens.
    missing: "notBreaching",
  };
}

function noInstance({ autoScalingGroupName }: Watched): AlarmRule {
  return {
    name: "no-instance",
    means: "For ten minutes the fleet has had no instance in service, or its group metrics are switched off.",
    first: "Look at the Auto Scaling group's activity: launches that fail say why.",
    see: "When something fails",
    watch: ofGroup(autoScalingGroupName, "GroupInServiceInstances"),
    // Longer than it takes to replace the only instance.
    ...below(1, 10),
    // The group reports every minute, zero included.
    missing: "breaching",
  };
}

/** Alarms reach the topic by permissions of their own, so that this one is told where the event was not. */
function keyEventLost({ prefix }: Watched): AlarmRule {
  return {
    name: "key-event-lost",
    means: "The products' key was changed, and the notification of it could not be delivered.",
    first:
      "Find out from CloudTrail what was done to the key; then mend the operations key's and the topic's policy.",
    see: "When something fails",
    watch: undelivered(ruleName(prefix, "key-changed")),
    ...above(0, 1, FIVE_MINUTES),
    // Reported only when it happens.
    missing: "notBreaching",
  };
}

/**
 * Requests wait and nobody takes any. Three conditions and not one expression: a count that never came is missing,
 * and what an expression makes of that is not documented. It is missing just when nobody receives. Requests behind
 * one of their group that is in hand do not wait for a worker.
 */
export function nobodyReceives({ queues: { requests } }: Watched): JointRule {
  return {
    name: "nobody-receives",
    means:
      "For five minutes requests have waited, none was received and none is in hand: no worker is at work.",
    first: "Look for instances in service, then for the last lines of the worker's log.",
    see: "When something fails",
    all: [
      {
        name: "requests-wait",
        means: "Requests wait.",
        watch: ofQueue(requests, "ApproximateNumberOfMessagesVisible"),
        ...above(0, 5),
        missing: "notBreaching",
      },
      {
        name: "none-received",
        means: "No request was received.",
        watch: ofQueue(requests, "NumberOfMessagesReceived"),
        ...below(1, 5),
        missing: "breaching",
      },
      {
        name: "none-in-hand",
        means: "No request is in hand.",
        watch: ofQueue(requests, "ApproximateNumberOfMessagesNotVisible"),
        ...below(1, 5),
        missing: "breaching",
      },
    ],
  };
}
