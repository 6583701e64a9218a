import { describe, expect, test } from "vitest";
import { targetBacklog } from "../../infra/constructs/backlog.ts";
import { WorkerFleet } from "../../infra/constructs/worker-fleet.ts";
import { environmentWith } from "../support/infra.ts";
import { only, synth } from "../support/synth.ts";

function fleetWith(fleet: Record<string, unknown> = {}, stopTimeout = 40) {
  return synth((scope) => {
    new WorkerFleet(scope, "fleet", {
      ...environmentWith({ fleet }).fleet,
      name: "product-worker",
      userData: "script",
      stopTimeout,
      hookName: "product-worker-drain",
      profileName: "EC2-DynamoDB-Profile",
      securityGroupId: "sg-1",
      subnetIds: ["subnet-1", "subnet-2"],
      requestsQueueName: "product-requests.fifo",
      tags: { application: "product-worker", environment: "dev" },
      after: [],
    });
  });
}

describe("an instance", () => {
  const template = only(fleetWith(), "aws_launch_template");

  test("gives its credentials to the machine only, and by IMDSv2", () => {
    expect(template.metadata_options).toMatchObject({
      http_tokens: "required",
      http_put_response_hop_limit: 1,
    });
  });

  test("has an encrypted disk that goes with it", () => {
    expect(template.block_device_mappings).toEqual([
      {
        device_name: "/dev/xvda",
        ebs: { encrypted: "true", volume_type: "gp3", volume_size: 10, delete_on_termination: "true" },
      },
    ]);
  });

  test("has the role, the group's network and no key to log in with", () => {
    expect(template).toMatchObject({
      iam_instance_profile: { name: "EC2-DynamoDB-Profile" },
      vpc_security_group_ids: ["sg-1"],
    });
    expect(template.key_name).toBeUndefined();
    expect(template.network_interfaces).toBeUndefined();
  });

  test.each([
    [{}, "al2023-ami-kernel-default-arm64"],
    [{ architecture: "x64", instanceTypes: ["t3.small"] }, "al2023-ami-kernel-default-x86_64"],
  ])("runs the newest Amazon Linux 2023 of its architecture", (fleet, name) => {
    const image = Object.values(fleetWith(fleet).data.aws_ssm_parameter ?? {});
    expect(image.map((each) => each.name)).toEqual([`/aws/service/ami-amazon-linux-latest/${name}`]);
  });

  test("runs the image that is set", () => {
    const stack = fleetWith({ imageId: "ami-0123456789abcdef0" });
    expect(only(stack, "aws_launch_template").image_id).toBe("ami-0123456789abcdef0");
    expect(stack.data.aws_ssm_parameter).toBeUndefined();
  });
});

describe("the group", () => {
  test("is one to four instances, and replaces them when the template changes", () => {
    const group = only(fleetWith(), "aws_autoscaling_group");
    expect(group).toMatchObject({
      min_size: 1,
      max_size: 4,
      vpc_zone_identifier: ["subnet-1", "subnet-2"],
      instance_refresh: {
        strategy: "Rolling",
        // A new instance first: with one instance there is no other way to go on meanwhile.
        preferences: { min_healthy_percentage: 100, max_healthy_percentage: 200, auto_rollback: true },
      },
    });
    // By number, not as $Latest: only so does a new version begin the refresh, and can be rolled back.
    expect(group.launch_template).toMatchObject({ version: expect.stringMatching(/latest_version/) });
  });

  test("of one is the original document's single instance, replaced when it dies", () => {
    expect(only(fleetWith({ min: 1, max: 1 }), "aws_autoscaling_group")).toMatchObject({
      min_size: 1,
      max_size: 1,
      health_check_type: "EC2",
    });
  });

  test("leaves its size to the scaling policy", () => {
    expect(only(fleetWith(), "aws_autoscaling_group").lifecycle).toEqual({
      ignore_changes: ["desired_capacity"],
    });
  });

  test("of spot instances is of all the types, and is told before one is taken", () => {
    const instanceTypes = ["t4g.small", "m7g.medium"];
    const group = only(fleetWith({ spot: true, instanceTypes }), "aws_autoscaling_group");
    expect(group.launch_template).toBeUndefined();
    expect(group).toMatchObject({
      capacity_rebalance: true,
      mixed_instances_policy: {
        instances_distribution: { on_demand_base_capacity: 0, on_demand_percentage_above_base_capacity: 0 },
        launch_template: { override: instanceTypes.map((instance_type) => ({ instance_type })) },
      },
    });
  });

  test.each([40, 915])(
    "waits for workers that take %d s to stop, within the hook's limits",
    (stopTimeout) => {
      const hook = only(fleetWith({}, stopTimeout), "aws_autoscaling_lifecycle_hook");
      expect(hook).toMatchObject({
        lifecycle_transition: "autoscaling:EC2_INSTANCE_TERMINATING",
        default_result: "CONTINUE",
      });
      const heartbeat = Number(hook.heartbeat_timeout);
      expect(heartbeat).toBeGreaterThan(stopTimeout + 30);
      expect(heartbeat).toBeGreaterThanOrEqual(30);
      expect(heartbeat).toBeLessThanOrEqual(7200);
    },
  );
});

describe("scaling", () => {
  test("keeps the backlog per instance at what is handled within the acceptable delay", () => {
    const fleet = { acceptableDelay: 30, requestsPerSecond: 200 };
    const policy = only(fleetWith(fleet), "aws_autoscaling_policy");
    expect(policy.target_tracking_configuration).toMatchObject({ target_value: 6000 });
    expect(targetBacklog(environmentWith({ fleet }).fleet)).toBe(6000);
  });

  test("divides the waiting requests by the instances in service, and by one where there are none", () => {
    const stack = fleetWith();
    const { target_tracking_configuration: tracking } = only(stack, "aws_autoscaling_policy") as never as {
      target_tracking_configuration: {
        customized_metric_specification: {
          metrics: { id: string; return_data: boolean; expression?: string; metric_stat?: Stat }[];
        };
      };
    };
    const { metrics } = tracking.customized_metric_specification;
    expect(
      metrics.map(({ id, metric_stat: stat }) => [id, stat?.metric.namespace, stat?.metric.metric_name]),
    ).toEqual([
      ["waiting", "AWS/SQS", "ApproximateNumberOfMessagesVisible"],
      ["instances", "AWS/AutoScaling", "GroupInServiceInstances"],
      ["backlog", undefined, undefined],
    ]);
    expect(metrics.filter(({ return_data }) => return_data).map(({ id }) => id)).toEqual(["backlog"]);
    // The group has to publish what is divided by.
    expect(only(stack, "aws_autoscaling_group").enabled_metrics).toContain("GroupInServiceInstances");
    const expression = metrics[2]?.expression ?? "";
    expect(evaluate(expression, { waiting: 900, instances: 3 })).toBe(300);
    expect(evaluate(expression, { waiting: 900, instances: 1 })).toBe(900);
    expect(evaluate(expression, { waiting: 900, instances: 0 })).toBe(900);
    expect(evaluate(expression, { waiting: 900, instances: undefined })).toBe(900);
    expect(evaluate(expression, { waiting: 0, instances: 0 })).toBe(0);
  });
});

interface Stat {
  metric: { namespace: string; metric_name: string };
}

/** One period of CloudWatch's metric math, as far as the expression goes: IF, FILL, / and >. */
function evaluate(expression: string, values: Record<string, number | undefined>): number {
  const IF = (condition: boolean, yes: number, no: number) => (condition ? yes : no);
  const FILL = (value: number | undefined, filler: number) => value ?? filler;
  const names = Object.keys(values);
  const run = new Function("IF", "FILL", ...names, `return ${expression};`);
  return run(IF, FILL, ...names.map((name) => values[name]));
}
