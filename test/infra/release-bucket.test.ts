import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ReleaseBucket } from "../../infra/constructs/release-bucket.ts";
import { keyArn, policyOf, statementOf } from "../support/infra.ts";
import { only, synth } from "../support/synth.ts";
import { terraformIn } from "../support/terraform.ts";
import { has } from "../support/tools.ts";

const buildId = "0123456789abcdef";

function bucketWith(disposable = false) {
  return synth((scope) => {
    new ReleaseBucket(scope, "release", {
      prefix: "Dev-",
      keyArn,
      architecture: "arm64",
      buildId,
      archive: "${path.module}/archive.tar.gz",
      manifest: "${path.module}/manifest.json",
      disposable,
    });
  });
}

const stack = bucketWith();

test("the bucket keeps every version, encrypts with the key, and is closed to the public", () => {
  expect(only(stack, "aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
  expect(only(stack, "aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
    {
      apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id: keyArn },
      bucket_key_enabled: true,
    },
  ]);
  expect(only(stack, "aws_s3_bucket_public_access_block")).toMatchObject({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  const policy = policyOf(only(stack, "aws_s3_bucket_policy"));
  expect(statementOf(policy, "DenyWithoutTls").Effect).toBe("Deny");
});

test("its name is lower-case, which S3 asks for, and short enough for what the provider adds", () => {
  const { bucket_prefix: prefix } = only(stack, "aws_s3_bucket");
  expect(prefix).toBe("dev-product-worker-");
  expect(String(prefix).length).toBeLessThanOrEqual(37);
});

test("it goes with its stack, releases and all, only where it is disposable", () => {
  expect(only(stack, "aws_s3_bucket").force_destroy).toBe(false);
  expect(only(bucketWith(true), "aws_s3_bucket").force_destroy).toBe(true);
});

test("a release is a new version of one object, and earlier ones are kept for rollbacks", () => {
  const object = only(stack, "aws_s3_object");
  expect(object).toMatchObject({ key: "product-worker-arm64.tar.gz", server_side_encryption: "aws:kms" });
  expect(object.source_hash).toContain("filesha256");
  expect(object.etag).toBeUndefined();
  expect(only(stack, "aws_s3_bucket_lifecycle_configuration").rule).toMatchObject([
    { status: "Enabled", noncurrent_version_expiration: [{ noncurrent_days: 90 }] },
  ]);
});

/*
 * The object's own preconditions, on a resource that needs no provider: what Terraform says at a deployment.
 */
test.skipIf(!has("terraform"))(
  "a release that is missing, or of another checkout, is refused (needs terraform)",
  () => {
    const { lifecycle } = only(stack, "aws_s3_object");
    const folder = mkdtempSync(join(tmpdir(), "release-bucket-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const resource = { terraform_data: { release: { lifecycle } } };
    writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ resource }));
    const terraform = terraformIn(folder);
    expect(terraform("init", "-no-color")).toMatchObject({ status: 0 });
    const plan = () => {
      const { stdout, stderr } = terraform("plan", "-no-color");
      return `${stdout} ${stderr}`.replaceAll(/\s*│\s*/g, " ");
    };
    const manifest = (build: string) =>
      writeFileSync(join(folder, "manifest.json"), JSON.stringify({ buildId: build }));

    expect(plan()).toContain("There is no release to deploy: run npm run release -- --arch arm64");
    writeFileSync(join(folder, "archive.tar.gz"), "archive");
    manifest("fedcba9876543210");
    expect(plan()).toContain(`is not of this checkout, whose build is ${buildId}: run npm run release`);
    manifest(buildId);
    expect(plan()).toContain("Plan: 1 to add");
  },
);
