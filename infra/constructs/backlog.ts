import type { FleetConfig } from "../environment.ts";

/*
 * Target tracking on the backlog per instance (AWS's "Scaling policy based on Amazon SQS"): the requests that wait,
 * divided by the instances that work.
 */

/** Requests that may wait for one instance and still be handled in time: the acceptable delay times its speed. */
export function targetBacklog({ acceptableDelay, requestsPerSecond }: FleetConfig): number {
  return acceptableDelay * requestsPerSecond;
}

/** The metric, as queries of CloudWatch's metric math. */
export function backlogPerInstance(queueName: string, autoScalingGroupName: string) {
  return [
    {
      id: "waiting",
      returnData: false,
      metricStat: {
        stat: "Average",
        metric: {
          namespace: "AWS/SQS",
          metricName: "ApproximateNumberOfMessagesVisible",
          dimensions: [{ name: "QueueName", value: queueName }],
        },
      },
    },
    {
      id: "instances",
      returnData: false,
      metricStat: {
        stat: "Average",
        metric: {
          namespace: "AWS/AutoScaling",
          metricName: "GroupInServiceInstances",
          dimensions: [{ name: "AutoScalingGroupName", value: autoScalingGroupName }],
        },
      },
    },
    {
      id: "backlog",
      label: "Requests waiting for each instance",
      returnData: true,
      // While no instance is in service all of the backlog is one instance's, which asks for the first one; a
      // division by zero would be no data, and never ask for any.
      expression: "waiting / IF(FILL(instances, 0) > 1, FILL(instances, 0), 1)",
    },
  ];
}
