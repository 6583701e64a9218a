import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { environments, withStacks } from "../support/stacks.ts";
import { only } from "../support/synth.ts";
import { terraformIn } from "../support/terraform.ts";
import { has } from "../support/tools.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const names = ["product-data", "product-worker"] as const;

describe.each(environments)("the stacks of $name", (environment) => {
  const stacks = withStacks(environment, (made) => made);

  test("come out the same each time, byte for byte", () => {
    withStacks(environment, (again) => {
      // The folder's own name is in the way to the state only, and as long each time.
      const plain = (text: string) => text.replaceAll(/stacks-\w{6}/g, "stacks");
      for (const name of names) expect(plain(again[name].text)).toBe(plain(stacks[name].text));
    });
  });

  test("name no place of this machine", () => {
    for (const name of names) {
      expect(stacks[name].text).not.toContain(ROOT.slice(0, -1));
      expect(stacks[name].text).not.toMatch(/"\/(?:home|root|tmp|work|Users)\//);
    }
  });

  test("hold data in the one, and what computes in the other", () => {
    const types = (name: (typeof names)[number]) => Object.keys(stacks[name].resource);
    expect(types("product-data")).toEqual(expect.arrayContaining(["aws_dynamodb_table", "aws_sqs_queue"]));
    expect(types("product-worker").filter((type) => /dynamodb|sqs/.test(type))).toEqual([]);
    expect(types("product-worker")).toEqual(
      expect.arrayContaining(["aws_autoscaling_group", "aws_iam_role"]),
    );
  });

  test("tell what a person needs next", () => {
    const outputs = names.flatMap((name) => Object.keys(stacks[name].output));
    expect(outputs).toEqual(
      expect.arrayContaining([
        "requests_queue_url",
        "requests_queue_arn",
        "results_queue_url",
        "results_queue_arn",
        "dead_letters_queue_url",
        "table_name",
        "key_arn",
        environment.config.key.existingArn ? "key_policy_statements" : "key_alias",
        "producers_policy_arn",
        "readers_policy_arn",
        "operators_policy_arn",
        "worker_policy_arn",
        "dashboard_url",
      ]),
    );
  });

  test("boot instances with a script that EC2 takes", () => {
    const [script = ""] = Object.values(localsOf(stacks["product-worker"]));
    expect(script).toMatch(/^#!/);
    // EC2's limit is 16 KB before base64; the expressions become longer by the URLs they stand for.
    expect(script.length).toBeLessThan(14_000);
    expect(script).not.toContain("%{");
    for (const url of ["REQUESTS_QUEUE_URL", "RESULTS_QUEUE_URL", "DEAD_LETTERS_QUEUE_URL"]) {
      expect(script).toMatch(new RegExp(`^${url}=\\$\\{`, "m"));
    }
  });

  test.skipIf(!has("terraform"))("are read by Terraform (needs terraform)", () => {
    withStacks(environment, (written) => {
      for (const name of names) {
        const run = terraformIn(written[name].folder)("get", "-no-color");
        expect(run.status, run.stderr).toBe(0);
      }
    });
  });
});

test("the state is local where no bucket is named, apart for each environment", () => {
  const backend = (name: string) =>
    withStacks(environmentNamed(name), (stacks) => terraformOf(stacks["product-data"]).backend);
  expect(backend("dev")).toEqual({
    local: { path: "../../../../../terraform.dev.product-data.tfstate" },
  });
  expect(backend("prod")).toEqual({
    local: { path: "../../../../../terraform.prod.product-data.tfstate" },
  });
});

test("the state is in the bucket that is named, locked by a file beside it and encrypted", () => {
  withStacks(environmentNamed("other"), (stacks) => {
    expect(terraformOf(stacks["product-worker"]).backend).toEqual({
      s3: {
        bucket: "terraform-states",
        key: "product-worker/other/product-worker.tfstate",
        region: "eu-central-1",
        encrypt: true,
        kms_key_id: "arn:aws:kms:eu-central-1:123456789012:key/1",
        use_lockfile: true,
      },
    });
  });
});

test("another account than the one that is set is refused by the provider", () => {
  withStacks(environmentNamed("other"), ({ "product-data": { text } }) => {
    expect(JSON.parse(text).provider.aws[0].allowed_account_ids).toEqual(["123456789012"]);
  });
});

test("an existing key is used, not made, and its owner is told what to add to its policy", () => {
  withStacks(environmentNamed("other"), ({ "product-data": data }) => {
    expect(data.resource.aws_kms_key).toBeUndefined();
    expect(only(data, "aws_dynamodb_table").server_side_encryption).toMatchObject({
      kms_key_arn: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    });
    expect(String(data.output.key_policy_statements?.value)).toContain("SendersThroughSqs");
  });
});

test("the app names what is wrong with its environment, and synthesizes nothing", () => {
  const run = spawnSync(process.execPath, ["infra/main.ts"], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ENVIRONMENT: "nowhere" },
  });
  expect(run.status).toBe(78);
  expect(run.stderr).toContain('ENVIRONMENT is "nowhere"');
  expect(run.stderr).not.toContain("    at ");
});

function environmentNamed(name: string) {
  const found = environments.find((each) => each.name === name);
  if (!found) throw new Error(`no environment ${name}`);
  return found;
}

function terraformOf({ text }: { text: string }): { backend: unknown } {
  return JSON.parse(text).terraform;
}

function localsOf({ text }: { text: string }): Record<string, string> {
  return JSON.parse(text).locals;
}
