/*
 * What is counted in the worker's log, one JSON object a line. The messages are the worker's own (src/worker): the
 * tests run a worker and hold its lines against these patterns, so that a change of either fails.
 *
 * No regular expressions: a log group may have five filters with them, and a wildcard at an end does.
 */

const UNAVAILABLE = '$.msg = "unavailable: holding what is in hand"';
const RECEIVE_FAILED = '$.msg = "receive failed"';
const PARKED = '$.msg = "parked in the dead-letter queue"';

/**
 * How AWS says that a key cannot be used: DynamoDB by a message, SQS by an error name in either spelling; a refusal
 * by IAM names the action.
 */
const OF_A_KEY = '$.reason = "KMS *" || $.error = "Kms*" || $.error = "KMS.*" || $.reason = "*kms:*"';

/** Metric names, and what counts in each. */
export const signals = {
  Starts: '{ $.msg = "receiving" }',
  GatesClosed: `{ ${UNAVAILABLE} }`,
  GatesOpened: '{ $.msg = "available again" }',
  KeyTrouble: `{ (${UNAVAILABLE} || ${RECEIVE_FAILED}) && (${OF_A_KEY}) }`,
  ReceivesFailed: `{ ${RECEIVE_FAILED} }`,
  AttemptsFailed: '{ $.msg = "attempt failed" }',
  GaveUp: '{ $.msg = "last attempt failed" }',
  // What was given up is parked too, and counts there.
  Unreadable: `{ ${PARKED} && $.reason != "GAVE_UP" }`,
  LeasesLost: '{ $.msg = "a lease was lost" }',
} as const;

export type Signal = keyof typeof signals;
