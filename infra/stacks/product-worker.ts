import { type App, Fn } from "cdktf";
import { AccessPolicies } from "../constructs/access-policies.ts";
import { EncryptionKey } from "../constructs/encryption-key.ts";
import { Network } from "../constructs/network.ts";
import { LogGroup, logGroupKeyStatement } from "../constructs/observability/log-group.ts";
import { topicKeyStatements } from "../constructs/observability/notifications.ts";
import { Observability } from "../constructs/observability/observability.ts";
import { ReleaseBucket } from "../constructs/release-bucket.ts";
import { UserData } from "../constructs/user-data.ts";
import { WorkerFleet } from "../constructs/worker-fleet.ts";
import type { WorkerResources } from "../constructs/worker-policy.ts";
import { WorkerRole } from "../constructs/worker-role.ts";
import type { Environment } from "../environment.ts";
import type { NamedEnvironment } from "../load-environment.ts";
import type { Release } from "../release/release.ts";
import { AwsStack } from "./aws-stack.ts";
import type { ProductData } from "./product-data.ts";

/** A worker may stop as late as its drain's end; systemd waits a little longer before it kills. */
const STOP_MARGIN = 15;

/** What computes: the release, the role, the network, the instances, and what watches them. */
export class ProductWorker extends AwsStack {
  constructor(app: App, environment: NamedEnvironment, data: ProductData, build: Release) {
    super(app, "product-worker", environment);
    const { config } = environment;
    const { prefix, disposable, region } = config;
    const { account } = this;
    const name = `${prefix}product-worker`;
    const autoScalingGroupName = name;
    const hookName = `${name}-drain`;
    const { requests, results, deadLetters, replies } = data.queues;
    const resources: WorkerResources = {
      region,
      keyArn: data.key.arn,
      tableArn: data.table.arn,
      requests,
      results,
      deadLetters,
      replies,
    };

    const operationsKey = new EncryptionKey(this, "operations-key", {
      account,
      alias: `${prefix}product-worker-operations`,
      description: "Encrypts the worker's log and notifications, which tell of the products' key too",
      rotationDays: config.key.rotationDays,
      deletionWindowDays: config.key.deletionWindowDays,
      statements: [logGroupKeyStatement(account, prefix), ...topicKeyStatements(account, prefix)],
      // Nothing is lost with it but the log.
      disposable: true,
    });
    const log = new LogGroup(this, "log", {
      prefix,
      keyArn: operationsKey.arn,
      retentionDays: config.observability.logRetentionDays,
    });
    const fromModule = (path: string) => `\${path.module}/${this.fromFolder(path)}`;
    const release = new ReleaseBucket(this, "release", {
      prefix,
      keyArn: data.key.arn,
      architecture: config.fleet.architecture,
      buildId: build.buildId,
      archive: fromModule(build.archive),
      manifest: fromModule(build.manifest),
      disposable,
    });
    const role = new WorkerRole(this, "role", {
      account,
      prefix,
      resources,
      release,
      logGroupArn: log.arn,
      autoScalingGroupName,
      permissionsBoundary: config.permissionsBoundary,
    });
    const network = new Network(this, "network", {
      name,
      config: config.network,
      resources: {
        account,
        roleArn: role.arn,
        tableArn: data.table.arn,
        queueArns: [requests, results, deadLetters, ...replies].map(({ arn }) => arn),
        logGroupArn: log.arn,
        releaseArn: release.objectArn,
        autoScalingGroupName,
      },
    });
    const stopTimeout = config.worker.drainTimeout + STOP_MARGIN;
    const userData = new UserData(this, "user-data", {
      region,
      release_bucket: release.name,
      release_key: release.key,
      release_version_id: release.versionId,
      release_sha256: release.sha256,
      build_id: build.buildId,
      worker_env: workerEnvironment(config, data),
      stop_timeout: String(stopTimeout),
      log_group: log.name,
      asg_name: autoScalingGroupName,
      hook_name: hookName,
    });
    const fleet = new WorkerFleet(this, "fleet", {
      ...config.fleet,
      name,
      userData: userData.text,
      stopTimeout,
      hookName,
      profileName: role.profileName,
      securityGroupId: network.securityGroupId,
      subnetIds: network.subnetIds,
      requestsQueueName: requests.name,
      tags: { application: "product-worker", environment: environment.name, ...config.tags },
      after: [...network.ready, ...role.ready],
    });
    const observability = new Observability(this, "observability", {
      account,
      prefix,
      logGroupName: log.name,
      queues: { requests: requests.name, results: results.name, deadLetters: deadLetters.name },
      tableName: data.table.name,
      autoScalingGroupName: fleet.autoScalingGroupName,
      productKey: data.key,
      operationsKeyArn: operationsKey.arn,
      oldestRequestSeconds: config.observability.oldestRequest,
      fleetMayBeEmpty: config.fleet.min === 0,
      subscribers: config.observability.subscribers,
    });
    const access = new AccessPolicies(this, "access", { prefix, resources, logGroupArn: log.arn });
    this.outputs({
      producers_policy_arn: { value: access.producers, description: "To attach to roles that send requests" },
      readers_policy_arn: { value: access.readers, description: "To attach to roles that read results" },
      operators_policy_arn: { value: access.operators, description: "To attach to operators' roles" },
      worker_role_arn: { value: role.arn, description: "The role of the instances" },
      worker_policy_arn: { value: role.policyArn, description: "What the worker may call" },
      auto_scaling_group: { value: fleet.autoScalingGroupName, description: "The instances" },
      release_bucket: { value: release.name, description: "Where the worker's releases are" },
      log_group: { value: log.name, description: "The worker's log" },
      notifications_topic_arn: { value: observability.topicArn, description: "What alarms are published to" },
      operations_key_arn: {
        value: operationsKey.arn,
        description: "The key of the log and the notifications",
      },
      dashboard_url: {
        value: `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${observability.dashboardName}`,
        description: "Queues, workers, table and key at a glance",
      },
    });
  }
}

/** The environment file of the workers, a variable a line. */
function workerEnvironment({ region, worker }: Environment, { queues, table }: ProductData): string {
  const { requests, results, deadLetters, replies } = queues;
  const variables = {
    AWS_REGION: region,
    REQUESTS_QUEUE_URL: requests.url,
    RESULTS_QUEUE_URL: results.url,
    DEAD_LETTERS_QUEUE_URL: deadLetters.url,
    ...(replies.length > 0 && {
      REPLY_QUEUE_URLS: Fn.join(
        ",",
        replies.map(({ url }) => url),
      ),
    }),
    TABLE_NAME: table.name,
    MAX_IN_FLIGHT: worker.maxInFlight,
    MAX_POLLERS: worker.maxPollers,
    DRAIN_TIMEOUT: worker.drainTimeout,
    LOG_LEVEL: worker.logLevel,
    NODE_ENV: "production",
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}
