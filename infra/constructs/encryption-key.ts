import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { Construct } from "constructs";
import { type Account, rootOf } from "../account.ts";
import { policyText, type Statement } from "../policy.ts";

export interface EncryptionKeyProps {
  account: Account;
  /** Without "alias/". */
  alias: string;
  description: string;
  rotationDays: number;
  deletionWindowDays: number;
  /** Who may use the key beside those whom IAM policies of this account name. */
  statements: Statement[];
  /** Whether destroying the stack may schedule its deletion. */
  disposable: boolean;
}

/** A customer-managed, rotating KMS key. */
export class EncryptionKey extends Construct {
  readonly arn: string;
  readonly id: string;
  readonly aliasName: string;

  constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id);
    const key = new KmsKey(this, "key", {
      description: props.description,
      enableKeyRotation: true,
      rotationPeriodInDays: props.rotationDays,
      deletionWindowInDays: props.deletionWindowDays,
      policy: policyText(administration(props.account), ...props.statements),
      // Whatever it encrypts is unreadable without it, backups included.
      ...(!props.disposable && { lifecycle: { preventDestroy: true } }),
    });
    const alias = new KmsAlias(this, "alias", { name: `alias/${props.alias}`, targetKeyId: key.keyId });
    this.arn = key.arn;
    this.id = key.keyId;
    this.aliasName = alias.name;
  }
}

/** Without it nobody, the account's root included, could ever change the key again. */
function administration(account: Account): Statement {
  return {
    Sid: "AccountAdministration",
    Effect: "Allow",
    Principal: { AWS: rootOf(account) },
    Action: "kms:*",
    Resource: "*",
  };
}
