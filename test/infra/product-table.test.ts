import { expect, test } from "vitest";
import { ProductTable } from "../../infra/constructs/product-table.ts";
import { environmentWith, keyArn } from "../support/infra.ts";
import { only, synth } from "../support/synth.ts";

function tableWith(input: Record<string, unknown> = {}) {
  const { table, disposable } = environmentWith(input);
  const stack = synth((scope) => {
    new ProductTable(scope, "products", { ...table, keyArn, disposable });
  });
  return only(stack, "aws_dynamodb_table");
}

test("the table is keyed by the product's id and billed on demand", () => {
  expect(tableWith()).toMatchObject({
    name: "products",
    billing_mode: "PAY_PER_REQUEST",
    hash_key: "id",
    attribute: [{ name: "id", type: "S" }],
  });
});

test("it is encrypted with the key's ARN, never with its alias", () => {
  expect(tableWith().server_side_encryption).toEqual({ enabled: true, kms_key_arn: keyArn });
});

test("it can be restored to any second, tombstones expire, and it is protected from deletion", () => {
  expect(tableWith()).toMatchObject({
    point_in_time_recovery: { enabled: true, recovery_period_in_days: 35 },
    ttl: { enabled: true, attribute_name: "expiresAt" },
    deletion_protection_enabled: true,
    lifecycle: { prevent_destroy: true },
  });
});

test("a disposable table goes with its stack", () => {
  const table = tableWith({ disposable: true, table: { deletionProtection: false } });
  expect(table.deletion_protection_enabled).toBe(false);
  expect(table.lifecycle).toBeUndefined();
});

test("what it may cost has the maximum that is set, or none", () => {
  expect(tableWith().on_demand_throughput).toEqual({
    max_read_request_units: -1,
    max_write_request_units: -1,
  });
  expect(tableWith({ table: { maxReadUnits: 500, maxWriteUnits: 250 } }).on_demand_throughput).toEqual({
    max_read_request_units: 500,
    max_write_request_units: 250,
  });
});
