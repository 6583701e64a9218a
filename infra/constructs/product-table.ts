import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table/index.js";
import { Construct } from "constructs";
import type { Environment } from "../environment.ts";

export interface ProductTableProps extends Omit<Environment["table"], "name"> {
  name: string;
  /**
   * Always the ARN: DynamoDB takes an alias for a change of the key each time it is sent, encrypts the table's key
   * again, and allows that four times a day.
   */
  keyArn: string;
  disposable: boolean;
}

/** The products: on demand, encrypted with the key, restorable to any second. */
export class ProductTable extends Construct {
  readonly arn: string;
  readonly name: string;

  constructor(scope: Construct, id: string, props: ProductTableProps) {
    super(scope, id);
    const table = new DynamodbTable(this, "table", {
      name: props.name,
      billingMode: "PAY_PER_REQUEST",
      hashKey: "id",
      attribute: [{ name: "id", type: "S" }],
      // -1 is AWS's "no maximum of its own"; leaving it out would not take an earlier maximum away.
      onDemandThroughput: {
        maxReadRequestUnits: props.maxReadUnits ?? -1,
        maxWriteRequestUnits: props.maxWriteUnits ?? -1,
      },
      serverSideEncryption: { enabled: true, kmsKeyArn: props.keyArn },
      pointInTimeRecovery: { enabled: true, recoveryPeriodInDays: props.recoveryDays },
      // Of tombstones, which the worker gives a time longer than SQS can hold a message back.
      ttl: { enabled: true, attributeName: "expiresAt" },
      deletionProtectionEnabled: props.deletionProtection,
      ...(!props.disposable && { lifecycle: { preventDestroy: true } }),
    });
    this.arn = table.arn;
    this.name = table.name;
  }
}
