import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { EnvironmentError, loadEnvironment, readEnvironment } from "../../infra/load-environment.ts";

const folder = mkdtempSync(join(tmpdir(), "environment-"));
afterAll(() => rmSync(folder, { recursive: true }));

function problemsOf(input: unknown): string[] {
  try {
    readEnvironment(input, "own.json");
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

const region = "eu-west-1";

describe("an environment that cannot be", () => {
  test("is refused with every problem at once: the field, its value and the rule", () => {
    const problems = problemsOf({
      region,
      colour: "red",
      key: { rotationDays: 1 },
      queues: { producers: ["somebody"] },
      network: { existing: { vpcId: "vpc-1" } },
    });
    expect(problems).toEqual([
      "key.rotationDays is 1: it must be a whole number from 90 to 2,560",
      'queues.producers.0 is "somebody": it must be an ARN such as arn:aws:iam::123456789012:role/catalog-import',
      'network.existing.vpcId is "vpc-1": it must be an id such as vpc-0123456789abcdef0',
      "network.existing.subnetIds is missing: it must be a list of subnet ids",
      "colour is not a field of an environment",
    ]);
  });

  test.each<[string, unknown, unknown]>([
    ["no region", {}, "region is missing: it must be a region such as eu-west-1"],
    ["not an object", 7, "the file is 7: it must be an object"],
    [
      "a rotation beyond KMS's longest",
      { region, key: { rotationDays: 2561 } },
      "key.rotationDays is 2561: it must be a whole number from 90 to 2,560",
    ],
    [
      "a deletion window below KMS's shortest",
      { region, key: { deletionWindowDays: 6 } },
      "key.deletionWindowDays is 6: it must be a whole number from 7 to 30",
    ],
    [
      "an alias of AWS's own",
      { region, key: { alias: "aws/dynamodb" } },
      'key.alias is "aws/dynamodb": it must be 1 to 200 letters, digits, /, _ or -, not beginning with aws/',
    ],
    [
      "a key of another region",
      {
        region,
        key: { existingArn: "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" },
      },
      'key.existingArn is "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab": it must be a key in eu-west-1',
    ],
    [
      "a visibility timeout beyond SQS's longest",
      { region, queues: { visibilityTimeout: 43_201 } },
      "queues.visibilityTimeout is 43201: it must be a whole number from 10 to 43,200",
    ],
    [
      "a reply queue with the name of another queue",
      { region, queues: { replyQueues: [{ name: "results" }] } },
      'queues.replyQueues.0.name is "results": it must not be requests, results or dead-letters',
    ],
    [
      "a reply queue twice",
      { region, queues: { replyQueues: [{ name: "a" }, { name: "a" }] } },
      'queues.replyQueues is [{"name":"a","readers":[]},{"name":"a","readers":[]}]: it must not name a queue twice',
    ],
    [
      "more instances at least than at most",
      { region, fleet: { min: 5, max: 4 } },
      "fleet.min is 5: it must not be above fleet.max, which is 4",
    ],
    [
      "an instance type of the other architecture",
      { region, fleet: { instanceTypes: ["t4g.small", "t3.small"] } },
      'fleet.instanceTypes.1 is "t3.small": it must be of the architecture of fleet.architecture, which is arm64',
    ],
    [
      "a log retention that CloudWatch does not know",
      { region, observability: { logRetentionDays: 31 } },
      expect.stringContaining("observability.logRetentionDays is 31: it must be one of 1, 3, 5, 7, 14, 30,"),
    ],
    ...["10.40.0.0/26", "10.40.0.1/24", "8.8.8.0/24", "10.300.0.0/24", "10.40.0.0", "172.32.0.0/16"].map(
      (cidr) =>
        [
          `the network ${cidr}`,
          { region, network: { cidr } },
          `network.cidr is "${cidr}": it must be a private IPv4 range from /16 to /25, beginning at its first address, such as 10.40.0.0/24`,
        ] satisfies [string, unknown, string],
    ),
    [
      "a prefix that would run into the name",
      { region, prefix: "dev" },
      'prefix is "dev": it must be at most 16 letters, digits or -, ending in -, such as "dev-"',
    ],
  ])("%s is refused", (_, input, problem) => {
    expect(problemsOf(input)).toEqual([problem]);
  });
});

describe("an environment's file", () => {
  test("that is not there is named, with what to do", () => {
    expect(() => loadEnvironment("staging")).toThrow(
      'ENVIRONMENT is "staging", but it cannot be read. infra/environments/dev.json is an example',
    );
  });

  test("that is not JSON is named", () => {
    const path = join(folder, "broken.json");
    writeFileSync(path, "{ region");
    expect(() => loadEnvironment(path)).toThrow("it is not JSON");
  });

  test("whose name could not be part of a state's name is refused", () => {
    expect(() => loadEnvironment("../dev")).not.toThrow();
    expect(() => loadEnvironment("Dev Two")).toThrow("lower-case letters, digits or -");
  });

  test("of one's own is read by its path, and is named after it", () => {
    const path = join(folder, "staging-2.json");
    writeFileSync(path, JSON.stringify({ region, fleet: { min: 1, max: 1 } }));
    const { name, config } = loadEnvironment(path);
    expect(name).toBe("staging-2");
    expect(config.fleet).toMatchObject({ min: 1, max: 1, architecture: "arm64" });
  });
});

test("the names are the original ones where nothing else is said", () => {
  const { key, table, fleet } = readEnvironment({ region }, "own.json");
  expect({ alias: key.alias, table: table.name, min: fleet.min, max: fleet.max }).toEqual({
    alias: "dynamodb-key",
    table: "products",
    min: 1,
    max: 4,
  });
});

test("prod keeps its products: deletion protection, and nothing disposable", () => {
  const { config } = loadEnvironment("prod");
  expect(config.table.deletionProtection).toBe(true);
  expect(config.disposable).toBe(false);
});
