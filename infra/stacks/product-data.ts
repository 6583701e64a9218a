import type { App } from "cdktf";
import { EncryptionKey } from "../constructs/encryption-key.ts";
import { JobQueues } from "../constructs/job-queues.ts";
import { queueUserStatements } from "../constructs/key-users.ts";
import { ProductTable } from "../constructs/product-table.ts";
import type { Environment } from "../environment.ts";
import type { NamedEnvironment } from "../load-environment.ts";
import { policyText } from "../policy.ts";
import { AwsStack } from "./aws-stack.ts";

/** What holds data: the key, the table and the queues. It outlives the workers. */
export class ProductData extends AwsStack {
  readonly key: { arn: string; id: string };
  readonly table: ProductTable;
  readonly queues: JobQueues;

  constructor(app: App, environment: NamedEnvironment) {
    super(app, "product-data", environment);
    const { config } = environment;
    const { prefix, disposable } = config;
    this.key = this.#key(config);
    this.table = new ProductTable(this, "products", {
      ...config.table,
      name: `${prefix}${config.table.name}`,
      keyArn: this.key.arn,
      disposable,
    });
    this.queues = new JobQueues(this, "queues", {
      ...config.queues,
      account: this.account,
      prefix,
      keyArn: this.key.arn,
    });
    const { requests, results, deadLetters, replies } = this.queues;
    this.outputs({
      requests_queue_url: { value: requests.url, description: "Where requests are sent" },
      requests_queue_arn: { value: requests.arn, description: "The same queue, for policies" },
      results_queue_url: { value: results.url, description: "Where results are read" },
      results_queue_arn: { value: results.arn, description: "The same queue, for policies" },
      dead_letters_queue_url: { value: deadLetters.url, description: "What could not be answered" },
      dead_letters_queue_arn: { value: deadLetters.arn, description: "The same queue, for policies" },
      reply_queue_urls: { value: replies.map(({ url }) => url), description: "What ReplyTo may name" },
      table_name: { value: this.table.name, description: "The products" },
      table_arn: { value: this.table.arn, description: "The same table, for policies" },
      key_arn: { value: this.key.arn, description: "The key that all of it is encrypted with" },
    });
  }

  #key({ key, queues, prefix, region, disposable }: Environment): { arn: string; id: string } {
    const statements = queueUserStatements(queues, region);
    if (key.existingArn) {
      this.outputs({
        key_policy_statements: {
          value: policyText(...statements),
          description: "What the key's owner has to add to its policy, beside use through IAM policies",
        },
      });
      return { arn: key.existingArn, id: key.existingArn.split("/")[1] ?? "" };
    }
    const made = new EncryptionKey(this, "key", {
      account: this.account,
      alias: `${prefix}${key.alias}`,
      description: "Encrypts the products, their queues and the worker's releases",
      rotationDays: key.rotationDays,
      deletionWindowDays: key.deletionWindowDays,
      statements,
      disposable,
    });
    this.outputs({ key_alias: { value: made.aliasName, description: "The key's alias" } });
    return made;
  }
}
