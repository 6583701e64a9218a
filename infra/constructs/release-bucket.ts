import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import { Construct } from "constructs";
import { denyWithoutTls, policyText } from "../policy.ts";

/** Releases before the one in use are kept for rollbacks this long, days. */
const KEEP_DAYS = 90;

export interface ReleaseBucketProps {
  prefix: string;
  keyArn: string;
  architecture: string;
  /** Of what this checkout makes; an archive of another one is refused. */
  buildId: string;
  /** Of the archive and of its manifest, as Terraform finds them from the stack's folder. */
  archive: string;
  manifest: string;
  disposable: boolean;
}

/**
 * The worker's release, in a versioned bucket. Each release is a version of one object, and an instance fetches the
 * version that its launch template names: a rollback of the template is a rollback of the worker.
 */
export class ReleaseBucket extends Construct {
  readonly name: string;
  readonly objectArn: string;
  readonly key: string;
  readonly versionId: string;
  /** Of the archive, lower-case hex. */
  readonly sha256: string;

  constructor(scope: Construct, id: string, props: ReleaseBucketProps) {
    super(scope, id);
    const { archive, manifest, buildId, architecture } = props;
    const bucket = new S3Bucket(this, "bucket", {
      bucketPrefix: `${props.prefix.toLowerCase()}product-worker-`,
      forceDestroy: props.disposable,
    });
    const of = { bucket: bucket.id };
    const versioning = new S3BucketVersioningA(this, "versioning", {
      ...of,
      versioningConfiguration: { status: "Enabled" },
    });
    const encryption = new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      ...of,
      rule: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: props.keyArn },
          bucketKeyEnabled: true,
        },
      ],
    });
    const closed = new S3BucketPublicAccessBlock(this, "closed", {
      ...of,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, "ownership", {
      ...of,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      ...of,
      rule: [
        {
          id: "earlier-releases",
          status: "Enabled",
          filter: [{ prefix: "" }],
          noncurrentVersionExpiration: [{ noncurrentDays: KEEP_DAYS }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
      dependsOn: [versioning],
    });
    new S3BucketPolicy(this, "policy", {
      ...of,
      policy: policyText(denyWithoutTls("s3:*", [bucket.arn, `${bucket.arn}/*`])),
      dependsOn: [closed],
    });
    const sha256 = `\${try(filesha256("${archive}"), "")}`;
    const make = `run npm run release -- --arch ${architecture}`;
    const object = new S3Object(this, "release", {
      ...of,
      key: `product-worker-${architecture}.tar.gz`,
      source: archive,
      // Not the etag, which is no checksum where KMS encrypts. It is what instances check as well.
      sourceHash: sha256,
      kmsKeyId: props.keyArn,
      serverSideEncryption: "aws:kms",
      bucketKeyEnabled: true,
      dependsOn: [versioning, encryption, closed],
      lifecycle: {
        precondition: [
          {
            condition: `\${fileexists("${archive}") && fileexists("${manifest}")}`,
            errorMessage: `There is no release to deploy: ${make}`,
          },
          {
            condition: `\${try(jsondecode(file("${manifest}")).buildId, "") == "${buildId}"}`,
            errorMessage: `The release in dist/ is not of this checkout, whose build is ${buildId}: ${make}`,
          },
        ],
      },
    });
    this.name = bucket.id;
    this.key = object.key;
    this.objectArn = `${bucket.arn}/${object.key}`;
    this.versionId = object.versionId;
    this.sha256 = sha256;
  }
}
