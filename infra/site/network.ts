import { Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Ports that clients of a site connect to: the web viewer and DICOM, both over TLS. */
export const ports = { web: 443, dicom: 11112 } as const;

const postgres = ec2.Port.tcp(5432);
const https = ec2.Port.tcp(443);

export interface NetworkProps {
  /** Range of the VPC; can't change without replacing every host and the database. */
  readonly cidr: string;
  /** Prefix length of each public subnet, where hosts live. */
  readonly publicPrefix: number;
  /** Prefix length of each private subnet, where the database and endpoints live. */
  readonly privatePrefix: number;
  /** Zones to span, two or three. */
  readonly zones: readonly string[];
  /** AWS services reached privately, by endpoint name; each is billed per zone and hour. */
  readonly endpoints: readonly string[];
  /** Ranges that may open the web viewer. */
  readonly web: readonly string[];
  /** Ranges that may speak DICOM. */
  readonly dicom: readonly string[];
  /** Receives the flow logs, below `flow/`. */
  readonly logs: s3.IBucket;
}

/** The network of a site: who can reach whom is decided here and nowhere else. */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  /** Worn by both hosts. */
  readonly hostGroup: ec2.SecurityGroup;
  /** Worn by the database. */
  readonly databaseGroup: ec2.SecurityGroup;
  /** Worn by what looks at the hosts as a client does, from the private subnets. */
  readonly observerGroup: ec2.SecurityGroup;
  /**
   * The only way from a host to S3 of this region: whoever needs something there adds it to its
   * policy. That goes for others' buckets too, such as one that a registry of images sends to.
   */
  readonly s3: ec2.GatewayVpcEndpoint;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);

    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(props.cidr),
      maxAzs: props.zones.length,
      // Addresses are set aside for a third zone, so that adding it moves no subnet: a moved
      // subnet would replace hosts and database.
      reservedAzs: 3 - props.zones.length,
      natGateways: 0,
      subnetConfiguration: [
        {
          name: 'Public',
          subnetType: ec2.SubnetType.PUBLIC,
          cidrMask: props.publicPrefix,
          // A new host prepares itself over the Internet, and CloudFormation gives it its lasting
          // address only after that.
          mapPublicIpOnLaunch: true,
        },
        {
          name: 'Private',
          subnetType: ec2.SubnetType.PRIVATE_ISOLATED,
          cidrMask: props.privatePrefix,
        },
      ],
      // CDK would close the default group with a Lambda under a broad managed policy.
      // Nothing wears that group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(this.vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'Zones are named in the configuration: looking them up at synth needs credentials.',
    });

    this.vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toS3(props.logs, 'flow'),
      // Accepted traffic too: "who has read from us?" is a question about accepted traffic.
      trafficType: ec2.FlowLogTrafficType.ALL,
    });

    // Hosts live in the public subnets: without a route there, images would take the Internet.
    this.s3 = this.vpc.addGatewayEndpoint('S3', {
      service: ec2.GatewayVpcEndpointAwsService.S3,
      subnets: [
        { subnetType: ec2.SubnetType.PUBLIC },
        { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      ],
    });

    this.hostGroup = this.group('Hosts', 'Orthweb hosts');
    this.databaseGroup = this.group('Database', 'Orthweb database');
    this.observerGroup = this.group('Observer', 'Orthweb observers of the hosts');
    for (const range of props.web) {
      this.hostGroup.addIngressRule(ec2.Peer.ipv4(range), ec2.Port.tcp(ports.web), 'Web viewer');
    }
    for (const range of props.dicom) {
      this.hostGroup.addIngressRule(
        ec2.Peer.ipv4(range),
        ec2.Port.tcp(ports.dicom),
        'DICOM over TLS',
      );
    }
    // AWS APIs, packages and container images. DNS and time need no rule: AWS's own resolver and
    // clock are outside the reach of security groups.
    this.hostGroup.addEgressRule(ec2.Peer.anyIpv4(), https, 'AWS APIs, packages, images');
    this.hostGroup.connections.allowTo(this.databaseGroup, postgres, 'Index of images');
    for (const port of Object.values(ports)) {
      this.observerGroup.connections.allowTo(this.hostGroup, ec2.Port.tcp(port), 'As a client');
    }
    this.observerGroup.connections.allowTo(this.databaseGroup, postgres, 'Whether it answers');
    // Rules between groups are resources of their own, and AWS leaves open whether those take away
    // the one that lets everything out. This one in the group does, and matches nothing.
    this.observerGroup.addEgressRule(
      ec2.Peer.ipv4('255.255.255.255/32'),
      ec2.Port.icmpTypeAndCode(252, 86),
      'Nothing but hosts',
    );

    this.addEndpoints(props.endpoints);
  }

  private addEndpoints(names: readonly string[]): void {
    if (names.length === 0) return;
    const group = this.group('Endpoints', 'Orthweb interface endpoints');
    group.addIngressRule(this.hostGroup, https, 'AWS APIs from the hosts');
    for (const name of names) {
      this.vpc.addInterfaceEndpoint(`Endpoint-${name}`, {
        service: new ec2.InterfaceVpcEndpointAwsService(name),
        subnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        securityGroups: [group],
        open: false,
      });
    }
  }

  private group(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, {
      vpc: this.vpc,
      description,
      allowAllOutbound: false,
    });
  }
}
