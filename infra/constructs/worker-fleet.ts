import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { AutoscalingLifecycleHook } from "@cdktf/provider-aws/lib/autoscaling-lifecycle-hook/index.js";
import { AutoscalingPolicy } from "@cdktf/provider-aws/lib/autoscaling-policy/index.js";
import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { FleetConfig } from "../environment.ts";
import { backlogPerInstance, targetBacklog } from "./backlog.ts";

export interface WorkerFleetProps extends FleetConfig {
  name: string;
  /** The script that an instance runs as it boots. */
  userData: string;
  /** The longest that the workers of an instance take to stop, seconds. */
  stopTimeout: number;
  hookName: string;
  profileName: string;
  securityGroupId: string;
  subnetIds: string[];
  requestsQueueName: string;
  /** On instances and volumes, which the provider's own tags do not reach. */
  tags: Record<string, string>;
  /** What has to be there before an instance boots. */
  after: ITerraformDependable[];
}

/** Beside the workers' stop: the watcher looks every 5 s, waits for the log agent, and calls to say that it is done. */
const HOOK_MARGIN = 120;

/** The instances that workers run on: replaced when they die, more of them while requests pile up. */
export class WorkerFleet extends Construct {
  readonly autoScalingGroupName: string;

  constructor(scope: Construct, id: string, props: WorkerFleetProps) {
    super(scope, id);
    const { name } = props;
    const template = launchTemplate(this, props);
    const version = { launchTemplateId: template.id, version: Fn.tostring(template.latestVersion) };
    const group = new AutoscalingGroup(this, "group", {
      name,
      minSize: props.min,
      maxSize: props.max,
      vpcZoneIdentifier: props.subnetIds,
      ...(props.spot
        ? { capacityRebalance: true, mixedInstancesPolicy: spotInstances(props, version) }
        : { launchTemplate: { id: version.launchTemplateId, version: version.version } }),
      healthCheckType: "EC2",
      defaultInstanceWarmup: 60,
      enabledMetrics: ["GroupInServiceInstances", "GroupDesiredCapacity"],
      metricsGranularity: "1Minute",
      // A change of the template, which holds release and image, replaces the instances: new ones first, and back
      // to the earlier template where EC2 cannot start them.
      instanceRefresh: {
        strategy: "Rolling",
        preferences: {
          minHealthyPercentage: 100,
          maxHealthyPercentage: 200,
          autoRollback: true,
          skipMatching: true,
          instanceWarmup: "60",
        },
      },
      // Terraform sets the size once; from then on it is the scaling policy's.
      lifecycle: { ignoreChanges: ["desired_capacity"] },
      // Instances boot for as long as they need to; a stack is not in error for it.
      waitForCapacityTimeout: "0",
      tag: Object.entries({ Name: name, ...props.tags }).map(([key, value]) => ({
        key,
        value,
        propagateAtLaunch: true,
      })),
      dependsOn: props.after,
    });
    new AutoscalingLifecycleHook(this, "drain", {
      name: props.hookName,
      autoscalingGroupName: group.name,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
      heartbeatTimeout: props.stopTimeout + HOOK_MARGIN,
      // An instance that never says it is done has nothing that its messages' visibility timeouts do not bring back.
      defaultResult: "CONTINUE",
    });
    new AutoscalingPolicy(this, "backlog", {
      name: `${name}-backlog`,
      autoscalingGroupName: group.name,
      policyType: "TargetTrackingScaling",
      targetTrackingConfiguration: {
        targetValue: targetBacklog(props),
        customizedMetricSpecification: {
          metrics: backlogPerInstance(props.requestsQueueName, group.name),
        },
      },
    });
    this.autoScalingGroupName = group.name;
  }
}

function launchTemplate(scope: Construct, props: WorkerFleetProps): LaunchTemplate {
  const { name, tags } = props;
  const architecture = props.architecture === "arm64" ? "arm64" : "x86_64";
  const imageId =
    props.imageId ??
    new DataAwsSsmParameter(scope, "image", {
      name: `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
    }).insecureValue;
  const [instanceType = ""] = props.instanceTypes;
  return new LaunchTemplate(scope, "template", {
    name,
    imageId,
    instanceType,
    updateDefaultVersion: true,
    userData: Fn.base64encode(props.userData),
    iamInstanceProfile: { name: props.profileName },
    vpcSecurityGroupIds: [props.securityGroupId],
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      // No further than the machine itself.
      httpPutResponseHopLimit: 1,
      instanceMetadataTags: "disabled",
    },
    blockDeviceMappings: [
      {
        deviceName: "/dev/xvda",
        ebs: { encrypted: "true", volumeType: "gp3", volumeSize: props.diskGiB, deleteOnTermination: "true" },
      },
    ],
    monitoring: { enabled: false },
    instanceInitiatedShutdownBehavior: "terminate",
    tagSpecifications: ["instance", "volume"].map((resourceType) => ({
      resourceType,
      tags: { Name: name, ...tags },
    })),
  });
}

function spotInstances(
  { instanceTypes }: WorkerFleetProps,
  { launchTemplateId, version }: { launchTemplateId: string; version: string },
) {
  return {
    instancesDistribution: {
      onDemandBaseCapacity: 0,
      onDemandPercentageAboveBaseCapacity: 0,
      spotAllocationStrategy: "price-capacity-optimized",
    },
    launchTemplate: {
      launchTemplateSpecification: { launchTemplateId, version },
      override: instanceTypes.map((instanceType) => ({ instanceType })),
    },
  };
}
