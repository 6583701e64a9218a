import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { App, Aspects, LocalBackend, S3Backend, TerraformOutput, TerraformStack } from "cdktf";
import type { Account } from "../account.ts";
import { Invariants } from "../invariants.ts";
import type { NamedEnvironment } from "../load-environment.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the stacks have in common: the provider, where the state is, and the account. */
export class AwsStack extends TerraformStack {
  readonly account: Account;

  constructor(app: App, id: string, { name, config }: NamedEnvironment) {
    super(app, id);
    // On each stack: CDKTF does not apply an app's aspects to its stacks.
    Aspects.of(this).add(new Invariants());
    new AwsProvider(this, "aws", {
      region: config.region,
      ...(config.account && { allowedAccountIds: [config.account] }),
      defaultTags: [{ tags: { application: "product-worker", environment: name, ...config.tags } }],
    });
    if (config.state) {
      const { bucket, region, prefix, kmsKeyArn } = config.state;
      new S3Backend(this, {
        bucket,
        region,
        key: `${prefix}/${name}/${id}.tfstate`,
        encrypt: true,
        ...(kmsKeyArn && { kmsKeyId: kmsKeyArn }),
      });
      // The backend's type is older than S3's own locks.
      this.addOverride("terraform.backend.s3.use_lockfile", true);
    } else {
      // By default the path would be this machine's.
      new LocalBackend(this, { path: this.fromFolder(`terraform.${name}.${id}.tfstate`) });
    }
    const identity = new DataAwsCallerIdentity(this, "identity");
    const partition = new DataAwsPartition(this, "partition");
    this.account = { id: identity.accountId, partition: partition.partition, region: config.region };
  }

  /** A path of the repository's as Terraform finds it, which runs in the stack's own folder. */
  protected fromFolder(path: string): string {
    const { outdir } = App.of(this);
    return relative(resolve(outdir, "stacks", this.node.id), resolve(ROOT, path));
  }

  /** Makes values known to whoever applies the stack. */
  protected outputs(values: Record<string, { value: unknown; description: string }>): void {
    for (const [name, { value, description }] of Object.entries(values)) {
      new TerraformOutput(this, name, { value, description, staticId: true });
    }
  }
}
