import { describe, expect, test } from "vitest";
import { Network } from "../../infra/constructs/network.ts";
import { account, environmentWith, policyOf } from "../support/infra.ts";
import { all, only, synth } from "../support/synth.ts";

const resources = {
  account,
  roleArn: "arn:aws:iam::123456789012:role/EC2-DynamoDB-Role",
  tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/products",
  queueArns: ["arn:aws:sqs:eu-west-1:123456789012:product-requests.fifo"],
  logGroupArn: "arn:aws:logs:eu-west-1:123456789012:log-group:/product-worker/worker",
  releaseArn: "arn:aws:s3:::releases/product-worker-arm64.tar.gz",
  autoScalingGroupName: "product-worker",
};

function networkWith(network: Record<string, unknown> = {}) {
  let subnetIds: string[] = [];
  const stack = synth((scope) => {
    const config = environmentWith({ network }).network;
    ({ subnetIds } = new Network(scope, "network", { name: "product-worker", config, resources }));
  });
  return { stack, subnetIds };
}

describe("a network of its own", () => {
  const { stack } = networkWith();
  const endpoints = all(stack, "aws_vpc_endpoint");
  const service = (each: (typeof endpoints)[number]) => String(each.service_name).split(".").at(-1);

  test("is two private subnets in two zones", () => {
    const subnets = all(stack, "aws_subnet");
    expect(subnets.map(({ cidr_block }) => cidr_block).sort()).toEqual([
      '${cidrsubnet("10.40.0.0/24", 1, 0)}',
      '${cidrsubnet("10.40.0.0/24", 1, 1)}',
    ]);
    expect(new Set(subnets.map(({ availability_zone }) => availability_zone)).size).toBe(2);
    expect(subnets.every(({ map_public_ip_on_launch }) => map_public_ip_on_launch === false)).toBe(true);
  });

  test("has no way to the internet: no gateway, and no route of its own", () => {
    expect(Object.keys(stack.resource).filter((type) => /gateway|eip|aws_route$/.test(type))).toEqual([]);
    expect(only(stack, "aws_route_table").route).toBeUndefined();
  });

  test("reaches DynamoDB and S3 by gateways, and what else an instance calls by interfaces", () => {
    const ofType = (type: string) =>
      endpoints
        .filter(({ vpc_endpoint_type }) => vpc_endpoint_type === type)
        .map(service)
        .sort();
    expect(ofType("Gateway")).toEqual(["dynamodb", "s3"]);
    expect(ofType("Interface")).toEqual(["autoscaling", "logs", "sqs", "ssm", "ssmmessages"]);
    for (const each of endpoints.filter(({ vpc_endpoint_type }) => vpc_endpoint_type === "Interface")) {
      expect(each.private_dns_enabled).toBe(true);
    }
    expect(only(stack, "aws_vpc")).toMatchObject({ enable_dns_support: true, enable_dns_hostnames: true });
  });

  test("has endpoints that serve the workers' role and nobody else, but for Amazon Linux's packages", () => {
    const statements = endpoints.flatMap((each) => policyOf(each).Statement);
    for (const { Sid, Condition, Action } of statements) {
      if (Sid === "AmazonLinuxPackages") expect(Action).toEqual(["s3:GetObject"]);
      else expect(Condition, Sid).toEqual({ ArnEquals: { "aws:PrincipalArn": resources.roleArn } });
    }
  });

  test.each([
    ["dynamodb", [resources.tableArn]],
    ["s3", [resources.releaseArn, "arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/*"]],
    ["sqs", resources.queueArns],
    ["logs", [resources.logGroupArn, `${resources.logGroupArn}:log-stream:*`]],
  ])("lets %s be used on its own resources only", (name, expected) => {
    const endpoint = endpoints.find((each) => service(each) === name);
    expect(policyOf(endpoint).Statement.flatMap(({ Resource }) => Resource)).toEqual(expected);
  });

  test("lets workers out by HTTPS to endpoints and gateways, and nobody in to them", () => {
    const out = all(stack, "aws_vpc_security_group_egress_rule");
    expect(out).toHaveLength(3);
    for (const rule of out) {
      expect(rule).toMatchObject({ ip_protocol: "tcp", from_port: 443, to_port: 443 });
      expect(rule.cidr_ipv4).toBeUndefined();
    }
    const into = only(stack, "aws_vpc_security_group_ingress_rule");
    expect(into.security_group_id).toMatch(/endpoints/);
    expect(into.referenced_security_group_id).toMatch(/workers/);
  });
});

test("an existing network is used as it is", () => {
  const existing = { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0"] };
  const { stack, subnetIds } = networkWith({ existing });
  expect(subnetIds).toEqual(existing.subnetIds);
  expect(Object.keys(stack.resource).sort()).toEqual([
    "aws_security_group",
    "aws_vpc_security_group_egress_rule",
  ]);
  expect(only(stack, "aws_security_group").vpc_id).toBe(existing.vpcId);
});
