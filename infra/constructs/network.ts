import { DataAwsAvailabilityZones } from "@cdktf/provider-aws/lib/data-aws-availability-zones/index.js";
import { DataAwsPrefixList } from "@cdktf/provider-aws/lib/data-aws-prefix-list/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../environment.ts";
import { type EndpointResources, endpointPolicies } from "./endpoint-policies.ts";

export interface NetworkProps {
  name: string;
  config: Environment["network"];
  resources: EndpointResources;
}

const GATEWAYS = ["dynamodb", "s3"] as const;
const HTTPS = { ipProtocol: "tcp", fromPort: 443, toPort: 443 };

/**
 * Where the instances are: private subnets in two zones that reach AWS through endpoints and nothing else, or an
 * existing network.
 */
export class Network extends Construct {
  readonly subnetIds: string[];
  readonly securityGroupId: string;
  /** What an instance's boot needs to be there. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, { name, config, resources }: NetworkProps) {
    super(scope, id);
    const own = config.existing ? undefined : new PrivateNetwork(this, name, config.cidr);
    const vpcId = own?.vpc.id ?? config.existing?.vpcId ?? "";
    this.subnetIds = own?.subnets.map((subnet) => subnet.id) ?? config.existing?.subnetIds ?? [];
    const workers = new SecurityGroup(this, "workers", {
      name: `${name}-workers`,
      description: "Product workers: HTTPS to AWS, nothing in",
      vpcId,
    });
    this.securityGroupId = workers.id;
    this.ready = own
      ? own.endpoints(resources, workers)
      : [
          new VpcSecurityGroupEgressRule(this, "https", {
            securityGroupId: workers.id,
            // Where AWS's addresses are is the existing network's to decide.
            cidrIpv4: "0.0.0.0/0",
            description: "HTTPS by whatever way this network has to AWS",
            ...HTTPS,
          }),
        ];
  }
}

class PrivateNetwork {
  readonly vpc: Vpc;
  readonly subnets: Subnet[];
  readonly #scope: Construct;
  readonly #name: string;
  readonly #routes: RouteTable;

  constructor(scope: Construct, name: string, cidr: string) {
    this.#scope = scope;
    this.#name = name;
    this.vpc = new Vpc(scope, "vpc", {
      cidrBlock: cidr,
      // Both, so that an interface endpoint answers by the service's own name.
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    const zones = new DataAwsAvailabilityZones(scope, "zones", {
      state: "available",
      filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
    });
    // A route table with no route but the network's own: there is no way to the internet, and none from it.
    this.#routes = new RouteTable(scope, "routes", { vpcId: this.vpc.id, tags: { Name: name } });
    this.subnets = [0, 1].map((index) => {
      const subnet = new Subnet(scope, `subnet-${index}`, {
        vpcId: this.vpc.id,
        cidrBlock: Fn.cidrsubnet(cidr, 1, index),
        availabilityZone: Fn.element(zones.names, index),
        mapPublicIpOnLaunch: false,
        tags: { Name: `${name}-${index}` },
      });
      new RouteTableAssociation(scope, `routes-${index}`, {
        subnetId: subnet.id,
        routeTableId: this.#routes.id,
      });
      return subnet;
    });
  }

  /** The endpoints, and the workers' way to them. */
  endpoints(resources: EndpointResources, workers: SecurityGroup): ITerraformDependable[] {
    const scope = this.#scope;
    const { gateways, interfaces } = endpointPolicies(resources);
    const { region } = resources.account;
    const inside = new SecurityGroup(scope, "endpoints", {
      name: `${this.#name}-endpoints`,
      description: "Endpoints: HTTPS from product workers",
      vpcId: this.vpc.id,
    });
    const common = { vpcId: this.vpc.id };
    const https = { description: "HTTPS", ...HTTPS };
    return [
      ...GATEWAYS.flatMap((service) => [
        new VpcEndpoint(scope, service, {
          ...common,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: "Gateway",
          routeTableIds: [this.#routes.id],
          policy: gateways[service],
          tags: { Name: `${this.#name}-${service}` },
        }),
        new VpcSecurityGroupEgressRule(scope, `to-${service}`, {
          securityGroupId: workers.id,
          prefixListId: new DataAwsPrefixList(scope, `${service}-addresses`, {
            name: `com.amazonaws.${region}.${service}`,
          }).id,
          ...https,
        }),
      ]),
      ...Object.entries(interfaces).map(
        ([service, policy]) =>
          new VpcEndpoint(scope, service, {
            ...common,
            serviceName: `com.amazonaws.${region}.${service}`,
            vpcEndpointType: "Interface",
            subnetIds: this.subnets.map((subnet) => subnet.id),
            securityGroupIds: [inside.id],
            privateDnsEnabled: true,
            policy,
            tags: { Name: `${this.#name}-${service}` },
          }),
      ),
      new VpcSecurityGroupEgressRule(scope, "to-endpoints", {
        securityGroupId: workers.id,
        referencedSecurityGroupId: inside.id,
        ...https,
      }),
      new VpcSecurityGroupIngressRule(scope, "from-workers", {
        securityGroupId: inside.id,
        referencedSecurityGroupId: workers.id,
        ...https,
      }),
    ];
  }
}
