import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fillIn } from "../../../../infra/constructs/user-data.ts";
import { checkout } from "../../../../infra/release/sources.ts";

const TEMPLATE = join(checkout.files, "user-data.sh");

export const VARIABLES = {
  region: "eu-west-1",
  release_bucket: "product-worker-releases",
  release_key: "product-worker-arm64.tar.gz",
  release_version_id: "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
  release_sha256: "0".repeat(64),
  build_id: "0123456789abcdef",
  worker_env: "AWS_REGION=eu-west-1\nTABLE_NAME=products",
  stop_timeout: "55",
  log_group: "/product-worker",
  asg_name: "product-worker",
  hook_name: "product-worker-drain",
};

/** The user data, as an instance is given it. */
export async function renderUserData(variables: Partial<typeof VARIABLES> = {}): Promise<string> {
  return fillIn(await readFile(TEMPLATE, "utf8"), { ...VARIABLES, ...variables });
}
