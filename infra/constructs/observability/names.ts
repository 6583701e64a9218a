/*
 * Names that one construct gives and another has to know beforehand: the operations key's policy names the log group
 * and the topic, which cannot be made before that key.
 */

/** Where the worker's log goes. */
export const logGroupName = (prefix: string) => `/${prefix}product-worker/worker`;

/** What alarms and key events are published to. */
export const topicName = (prefix: string) => `${prefix}product-worker-notifications`;

/** Of the metrics that are counted in the log: they have no dimensions, so environments differ by namespace. */
export const metricNamespace = (prefix: string) => `${prefix}product-worker`;

export const alarmName = (prefix: string, name: string) => `${prefix}product-worker-${name}`;

export const dashboardName = (prefix: string) => `${prefix}product-worker`;

/** EventBridge: at most 64 characters. */
export const ruleName = (prefix: string, name: string) => `${prefix}product-worker-${name}`;
