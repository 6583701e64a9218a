import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createApp } from "../../infra/app.ts";
import { loadEnvironment, type NamedEnvironment, readEnvironment } from "../../infra/load-environment.ts";
import type { Synthesized } from "./synth.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));

const role = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;

/** An environment that uses whatever the shipped ones leave at its default. */
const other = readEnvironment(
  {
    region: "eu-central-1",
    account: "123456789012",
    prefix: "qa-",
    tags: { team: "catalog" },
    permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
    state: {
      bucket: "terraform-states",
      region: "eu-central-1",
      kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/1",
    },
    key: { existingArn: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" },
    queues: {
      type: "standard",
      producers: [role("210987654321", "catalog-import")],
      readers: [role("123456789012", "shop")],
      replyQueues: [{ name: "orders", readers: [role("555555555555", "orders")] }],
    },
    fleet: { architecture: "x64", instanceTypes: ["t3.small", "m7i.large"], spot: true, min: 0 },
    network: { existing: { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0"] } },
    observability: { subscribers: ["operators@example.com"] },
  },
  "other.json",
);

export const environments: NamedEnvironment[] = [
  loadEnvironment("dev"),
  loadEnvironment("prod"),
  { name: "other", config: other },
];

/** The stacks of an environment, by name: as Terraform's JSON, and as the text it was written as. */
export type Stacks = Record<
  "product-data" | "product-worker",
  Synthesized & { text: string; folder: string }
>;

/** Synthesizes an environment in a folder of the repository's, and hands it to `use` before it is removed. */
export function withStacks<Result>(environment: NamedEnvironment, use: (stacks: Stacks) => Result): Result {
  mkdirSync(CACHE, { recursive: true });
  const outdir = mkdtempSync(join(CACHE, "stacks-"));
  try {
    createApp(
      environment,
      { buildId: "0123456789abcdef", archive: "dist/a.tar.gz", manifest: "dist/a.json" },
      { outdir },
    ).synth();
    const read = (name: string) => {
      const folder = join(outdir, "stacks", name);
      const text = readFileSync(join(folder, "cdk.tf.json"), "utf8");
      return { resource: {}, data: {}, output: {}, ...JSON.parse(text), text, folder };
    };
    return use({ "product-data": read("product-data"), "product-worker": read("product-worker") });
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
