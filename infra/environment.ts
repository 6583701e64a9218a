import { z } from "zod";

/*
 * What one environment is made of: validated whole, before anything is synthesized. The limits are AWS's own, which
 * the provider's bindings do not check.
 */

/** The days that CloudWatch Logs can keep a log group for. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const whole = (min: number, max: number) => {
  const rule = `must be a whole number from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}`;
  return z.int(rule).min(min, rule).max(max, rule);
};
const text = (pattern: RegExp, rule: string) => z.string(rule).regex(pattern, rule);
/** Fields of one subject; what is not among them is refused. */
const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape, "must be an object");
const words = text(
  /^[^\p{Cc}]{0,256}$/u,
  "must be text of at most 256 characters, without control characters",
);

const PARTITION = "arn:aws(?:-[a-z]+)*";
const arnOf = (service: string, resource: string, example: string) =>
  text(
    new RegExp(`^${PARTITION}:${service}:[a-z0-9-]*:[0-9]{12}:${resource}$`),
    `must be an ARN such as ${example}`,
  );
const roleArn = arnOf("iam", "role/[\\w+=,.@/-]{1,576}", "arn:aws:iam::123456789012:role/catalog-import");
const keyArn = arnOf(
  "kms",
  "key/[a-zA-Z0-9-]{1,128}",
  "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
);
const roles = z
  .array(roleArn, "must be a list of role ARNs")
  .max(50, "must be at most 50 role ARNs")
  .default([]);
const resourceId = (kind: string) =>
  text(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `must be an id such as ${kind}-0123456789abcdef0`);
const queueName = text(/^[A-Za-z0-9_-]{1,60}$/, "must be 1 to 60 letters, digits, _ or -");

const key = group({
  /** The alias of the key, without "alias/". */
  alias: text(
    /^(?!aws\/)[A-Za-z0-9/_-]{1,200}$/,
    "must be 1 to 200 letters, digits, /, _ or -, not beginning with aws/",
  ).default("dynamodb-key"),
  /** How often KMS makes new key material, days. */
  rotationDays: whole(90, 2560).default(365),
  /** How long a deletion of the key can be called off, days. */
  deletionWindowDays: whole(7, 30).default(30),
  /** A key that is there already, and is used instead of one of our own. Its policy is its owner's to write. */
  existingArn: keyArn.optional(),
});

const table = group({
  name: text(/^[A-Za-z0-9_.-]{3,200}$/, "must be 3 to 200 letters, digits, _, - or .").default("products"),
  /** The most request units a second that the table may be billed for; without them, the account's own limits. */
  maxReadUnits: whole(1, 2_000_000).optional(),
  maxWriteUnits: whole(1, 2_000_000).optional(),
  /** For how long back the table can be restored to any second, days. */
  recoveryDays: whole(1, 35).default(35),
  deletionProtection: z.boolean("must be true or false").default(true),
});

const queues = group({
  type: z.enum(["fifo", "standard"], 'must be "fifo" or "standard"').default("fifo"),
  /** Of a request in the worker's hand, seconds; the worker extends it for what takes longer. */
  visibilityTimeout: whole(10, 43_200).default(60),
  /** Deliveries of a request before it is given up. */
  maxReceiveCount: whole(2, 1000).default(5),
  /** How long requests and results are kept, days. Dead letters are kept for 14, the most there is. */
  requestRetentionDays: whole(1, 14).default(14),
  resultRetentionDays: whole(1, 14).default(14),
  /** Roles that may send requests. */
  producers: roles,
  /** Roles that may read from the results queue. */
  readers: roles,
  /** Further queues that a request's ReplyTo may name, and the roles that may read from them. */
  replyQueues: z
    .array(group({ name: queueName, readers: roles }), "must be a list of { name, readers }")
    .max(10, "must be at most 10 queues")
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "must not name a queue twice")
    .default([]),
});

const worker = group({
  maxInFlight: whole(1, 1000).default(100),
  maxPollers: whole(1, 20).default(4),
  /** Seconds that a worker may take to finish what it has in hand. */
  drainTimeout: whole(1, 900).default(25),
  /** Not above info: the alarms count lines of that level. */
  logLevel: z.enum(["debug", "info"], 'must be "debug" or "info"').default("info"),
});

const instanceType = text(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "must be an instance type such as t4g.small");
const fleet = group({
  /** What an instance may be; the first is what is used where no spot capacity is asked for. */
  instanceTypes: z
    .array(instanceType, "must be a list of instance types")
    .min(1, "must name an instance type")
    .max(20, "must be at most 20 instance types")
    .default(["t4g.small"]),
  architecture: z.enum(["arm64", "x64"], 'must be "arm64" or "x64"').default("arm64"),
  min: whole(0, 100).default(1),
  max: whole(1, 100).default(4),
  spot: z.boolean("must be true or false").default(false),
  /** An image other than the newest of Amazon Linux 2023. */
  imageId: resourceId("ami").optional(),
  diskGiB: whole(8, 1024).default(10),
  /** Waiting requests are handled within about this time, seconds. */
  acceptableDelay: whole(1, 86_400).default(60),
  /** Requests that one instance handles in a second. */
  requestsPerSecond: whole(1, 100_000).default(100),
});

const CIDR_RULE =
  "must be a private IPv4 range from /16 to /25, beginning at its first address, such as 10.40.0.0/24";

const network = group({
  /** Of the private network that is made where none is named. */
  cidr: z.string(CIDR_RULE).refine(isPrivateRange, CIDR_RULE).default("10.40.0.0/24"),
  /** A network that is there already: it must reach SQS, DynamoDB, S3, CloudWatch Logs, Systems Manager and Auto Scaling. */
  existing: group({
    vpcId: resourceId("vpc"),
    subnetIds: z
      .array(resourceId("subnet"), "must be a list of subnet ids")
      .min(1, "must name a subnet")
      .max(16, "must be at most 16 subnets"),
  }).optional(),
});

const observability = group({
  logRetentionDays: z.literal(RETENTION_DAYS, `must be one of ${RETENTION_DAYS.join(", ")}`).default(30),
  /** How old the oldest waiting request may be before it is an alarm, seconds. */
  oldestRequest: whole(60, 1_209_600).default(300),
  /** Mail addresses that are told of alarms; each has to confirm once. */
  subscribers: z
    .array(z.email("must be a mail address"), "must be a list of mail addresses")
    .max(50, "must be at most 50 mail addresses")
    .default([]),
});

const state = group({
  /** The bucket that Terraform keeps its state in, beside a lock file. */
  bucket: text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of an S3 bucket"),
  region: text(/^[a-z]{2}(?:-[a-z]+)+-\d$/, "must be a region such as eu-west-1"),
  /** Where in the bucket; the stack's name is added to it. */
  prefix: text(/^[\w.-]+(?:\/[\w.-]+)*$/, "must be a path such as product-worker/prod").default(
    "product-worker",
  ),
  kmsKeyArn: keyArn.optional(),
});

export const environment = group({
  $schema: z.string().optional(),
  region: text(/^[a-z]{2}(?:-[a-z]+)+-\d$/, "must be a region such as eu-west-1"),
  /** The only account that this may be applied to. */
  account: text(/^[0-9]{12}$/, "must be the 12 digits of an AWS account").optional(),
  /** Goes before every name, so that several environments can share an account and a region. */
  prefix: text(
    /^(?:[A-Za-z][A-Za-z0-9-]{0,14}-)?$/,
    'must be at most 16 letters, digits or -, ending in -, such as "dev-"',
  ).default(""),
  tags: z
    .record(text(/^(?!aws:)[\w +=.:/@-]{1,128}$/, "must be a tag's name, not beginning with aws:"), words)
    .default({}),
  /** Whether removing the stack also removes what is not empty. */
  disposable: z.boolean("must be true or false").default(false),
  /** An IAM policy's ARN that bounds what the roles may do. */
  permissionsBoundary: arnOf(
    "iam",
    "policy/[\\w+=,.@/-]+",
    "arn:aws:iam::123456789012:policy/boundary",
  ).optional(),
  state: state.optional(),
  key: key.prefault({}),
  table: table.prefault({}),
  queues: queues.prefault({}),
  worker: worker.prefault({}),
  fleet: fleet.prefault({}),
  network: network.prefault({}),
  observability: observability.prefault({}),
}).superRefine((config, context) => {
  const problem = (path: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path, message, input: path.reduce<unknown>(step, config) });
  const { fleet, queues } = config;
  if (fleet.min > fleet.max) problem(["fleet", "min"], `must not be above fleet.max, which is ${fleet.max}`);
  for (const [index, type] of fleet.instanceTypes.entries()) {
    if (architectureOf(type) !== fleet.architecture) {
      problem(
        ["fleet", "instanceTypes", index],
        `must be of the architecture of fleet.architecture, which is ${fleet.architecture}`,
      );
    }
  }
  for (const [index, { name }] of queues.replyQueues.entries()) {
    if (["requests", "results", "dead-letters"].includes(name)) {
      problem(["queues", "replyQueues", index, "name"], "must not be requests, results or dead-letters");
    }
  }
  if (config.key.existingArn && config.key.existingArn.split(":")[3] !== config.region) {
    problem(["key", "existingArn"], `must be a key in ${config.region}`);
  }
});

/** Graviton families have a g after their generation's number: t4g, m7gd, c8gn. */
function architectureOf(type: string): "arm64" | "x64" {
  return /^(?:a1|[a-z]+\d+g[a-z]*)\./.test(type) ? "arm64" : "x64";
}

export type Environment = z.output<typeof environment>;
export type FleetConfig = Environment["fleet"];
export type QueuesConfig = Environment["queues"];

function isPrivateRange(cidr: string): boolean {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/.test(cidr)) return false;
  const [address = "", length] = cidr.split("/");
  const parts = address.split(".").map(Number);
  const bits = Number(length);
  const value = parts.reduce((sum, part) => sum * 256 + part, 0);
  const [first = 0, second = 0] = parts;
  const isPrivate =
    first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168);
  return (
    isPrivate &&
    parts.every((part) => part < 256) &&
    bits >= 16 &&
    bits <= 25 &&
    value % 2 ** (32 - bits) === 0
  );
}

function step(value: unknown, name: string | number): unknown {
  return (value as Record<string | number, unknown>)[name];
}
