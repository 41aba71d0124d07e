import { NotModelled } from '../../aws-error.ts';
import type { Assembly, Resource, ResourceType } from '../../template.ts';
import { range, SecurityGroups, someRange, wearer } from './security-groups.ts';

const ANYWHERE = '0.0.0.0/0';
/** What a first boot downloads over, and AWS's APIs. */
const HTTPS = 443;
/** What clients of a host connect to: the web viewer and DICOM. */
const CLIENT_PORTS = [443, 11112];

export const networkTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::InternetGateway': {
    names: (resource) => ({ ref: `igw-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::Route': {
    reads: ['GatewayId', 'RouteTableId'],
    // A route to less would be stronger than the default route, there and back.
    only: { DestinationCidrBlock: [JSON.stringify(ANYWHERE)] },
    names: (resource) => ({ ref: resource.generatedName() }),
  },
  'AWS::EC2::RouteTable': {
    ignores: ['VpcId'],
    names: (resource) => ({ ref: `rtb-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::Subnet': {
    reads: ['CidrBlock', 'MapPublicIpOnLaunch', 'VpcId'],
    ignores: ['AvailabilityZone'],
    names: (resource) => ({ ref: `subnet-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::SubnetRouteTableAssociation': {
    reads: ['RouteTableId', 'SubnetId'],
    names: (resource) => ({ ref: `rtbassoc-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::VPC': {
    // Without the resolver and names, nobody finds anybody.
    only: { EnableDnsHostnames: ['true'], EnableDnsSupport: ['true'] },
    ignores: ['CidrBlock', 'InstanceTenancy'],
    names: (resource) => ({ ref: `vpc-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::VPCGatewayAttachment': {
    reads: ['InternetGatewayId', 'VpcId'],
    names: (resource) => ({ ref: resource.generatedName() }),
  },
};

/** Types that cut ways off and that nothing here reads. */
const UNREAD = ['AWS::EC2::SubnetNetworkAclAssociation', 'AWS::EC2::VPCBlockPublicAccessOptions'];

/** What keeps an instance from those it needs and those who need it: a sentence for each gap. */
export interface Reach {
  /** Between it and the Internet, at its first boot. */
  readonly internet: readonly string[];
  /** Between its clients and it. */
  readonly clients: readonly string[];
  /** Between it and the database. */
  readonly database: readonly string[];
}

/** Reads in the templates whom an instance reaches, and who reaches it. */
export function reachOf(assembly: Assembly, instance: Resource): Reach {
  const [unread] = UNREAD.flatMap((type) => assembly.resources(type));
  if (unread) throw new NotModelled(`${unread.where}: the simulator does not model ${unread.type}`);
  const subnet = subnetOf(assembly, instance);
  const groups = new SecurityGroups(assembly, instance, 'SecurityGroupIds');
  const toGateway = gatewayGap(assembly, subnet);
  const saying = (says: string, gaps: readonly (string | undefined)[]) =>
    gaps.flatMap((gap) => (gap === undefined ? [] : [`${instance.where} ${says}: ${gap}`]));
  return {
    internet: saying(`cannot reach the Internet on tcp ${HTTPS} at its first boot`, [
      toGateway,
      mapsAddresses(subnet)
        ? undefined
        : `${subnet.where} maps no public address, and an Elastic IP address comes later`,
      groups.let('Egress', HTTPS, range(ANYWHERE))
        ? undefined
        : `${groups.where}: no rule lets tcp ${HTTPS} out to ${ANYWHERE}`,
    ]),
    clients: saying('is out of reach for clients', [
      toGateway,
      mapsAddresses(subnet) || hasElasticAddress(assembly, instance)
        ? undefined
        : `it has no Elastic IP address, and ${subnet.where} maps no public address`,
      ...CLIENT_PORTS.map((port) =>
        groups.let('Ingress', port, someRange)
          ? undefined
          : `${groups.where}: no rule lets tcp ${port} in from any range`,
      ),
    ]),
    database: assembly
      .resources('AWS::RDS::DBInstance')
      .flatMap((database) =>
        saying(
          `cannot reach ${database.where}`,
          databaseGaps(assembly, database, { who: 'the host', subnets: [subnet], groups }),
        ),
      ),
  };
}

/** What keeps a function in a VPC from an instance's ports for clients: a sentence for each gap. */
export function sightGaps(assembly: Assembly, fn: Resource, instance: Resource): string[] {
  const saying = (gap: string) => `${fn.where} cannot look at ${instance.where}: ${gap}`;
  const { SecurityGroupIds, SubnetIds } = fn.required('VpcConfig') as VpcConfig;
  const subnets = SubnetIds.map((id) => subnetNamed(assembly, id, fn));
  const subnet = subnetOf(assembly, instance);
  const vpc = subnet.text('VpcId');
  if (subnets.some((one) => one.text('VpcId') !== vpc)) return [saying(`it is not in ${vpc}`)];
  const mine = new SecurityGroups(assembly, fn, 'VpcConfig', SecurityGroupIds);
  const its = new SecurityGroups(assembly, instance, 'SecurityGroupIds');
  const ranges = subnets.map((one) => one.text('CidrBlock'));
  return CLIENT_PORTS.flatMap((port) => [
    ...(mine.let('Egress', port, wearer(its, [subnet.text('CidrBlock')]))
      ? []
      : [saying(`${mine.where}: no rule lets tcp ${port} out to it`)]),
    ...(its.let('Ingress', port, wearer(mine, ranges))
      ? []
      : [saying(`${its.where}: no rule lets tcp ${port} in from the function`)]),
  ]);
}

/** What keeps a function in a VPC from the database: a sentence for each gap. */
export function greetingGaps(assembly: Assembly, fn: Resource, database: Resource): string[] {
  const { SecurityGroupIds, SubnetIds } = fn.required('VpcConfig') as VpcConfig;
  const subnets = SubnetIds.map((id) => subnetNamed(assembly, id, fn));
  const groups = new SecurityGroups(assembly, fn, 'VpcConfig', SecurityGroupIds);
  return databaseGaps(assembly, database, { who: 'the function', subnets, groups }).flatMap(
    (gap) => (gap === undefined ? [] : [`${fn.where} cannot reach ${database.where}: ${gap}`]),
  );
}

interface VpcConfig {
  readonly SecurityGroupIds: readonly string[];
  readonly SubnetIds: readonly string[];
}

export function subnetOf(assembly: Assembly, instance: Resource): Resource {
  return subnetNamed(assembly, instance.text('SubnetId'), instance);
}

/** Whether an instance there has a public address from its launch on. */
export const mapsAddresses = (subnet: Resource): boolean =>
  subnet.optional('MapPublicIpOnLaunch') === true;

function hasElasticAddress(assembly: Assembly, instance: Resource): boolean {
  const { ref } = assembly.names(instance);
  return assembly.resources('AWS::EC2::EIP').some((eip) => eip.optional('InstanceId') === ref);
}

function subnetNamed(assembly: Assembly, id: string, by: Resource): Resource {
  const subnet = assembly.named('AWS::EC2::Subnet', id);
  if (!subnet) throw new NotModelled(`${by.where}: the subnet ${id} is in no template`);
  return subnet;
}

/**
 * What a public subnet takes: a default route to an Internet gateway of its VPC. A subnet without a
 * route table of its own has the main one of its VPC, which leads nowhere else.
 * https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
 */
function gatewayGap(assembly: Assembly, subnet: Resource): string | undefined {
  const { ref } = assembly.names(subnet);
  const association = assembly
    .resources('AWS::EC2::SubnetRouteTableAssociation')
    .find((resource) => resource.text('SubnetId') === ref);
  if (!association) return `${subnet.where} has no route table of its own`;
  const table = assembly.named('AWS::EC2::RouteTable', association.text('RouteTableId'));
  if (!table) throw new NotModelled(`${association.where}: its route table is in no template`);
  const route = assembly
    .resources('AWS::EC2::Route')
    .find((resource) => resource.text('RouteTableId') === assembly.names(table).ref);
  const gateway =
    route && assembly.named('AWS::EC2::InternetGateway', String(route.optional('GatewayId')));
  if (!gateway) return `${table.where} has no route of ${ANYWHERE} to an Internet gateway`;
  const id = assembly.names(gateway).ref;
  const vpc = subnet.text('VpcId');
  const attached = assembly
    .resources('AWS::EC2::VPCGatewayAttachment')
    .some((one) => one.optional('InternetGatewayId') === id && one.text('VpcId') === vpc);
  return attached ? undefined : `${gateway.where} is not attached to the VPC ${vpc}`;
}

/** Something that asks the database: where it may be, and what it wears there. */
interface Asker {
  readonly who: string;
  readonly subnets: readonly Resource[];
  readonly groups: SecurityGroups;
}

function databaseGaps(
  assembly: Assembly,
  database: Resource,
  asker: Asker,
): (string | undefined)[] {
  const port = Number(assembly.names(database).attributes?.['Endpoint.Port']);
  const groups = new SecurityGroups(assembly, database, 'VPCSecurityGroups');
  const subnets = databaseSubnets(assembly, database);
  const vpcs = new Set(asker.subnets.map((subnet) => subnet.text('VpcId')));
  const isIn = (subnet: Resource) => [...vpcs].every((vpc) => subnet.text('VpcId') === vpc);
  return [
    subnets.every(isIn) ? undefined : `it is not in ${[...vpcs].join(' and ')}`,
    asker.groups.let('Egress', port, wearer(groups, rangesOf(subnets)))
      ? undefined
      : `${asker.groups.where}: no rule lets tcp ${port} out to it`,
    groups.let('Ingress', port, wearer(asker.groups, rangesOf(asker.subnets)))
      ? undefined
      : `${groups.where}: no rule lets tcp ${port} in from ${asker.who}`,
  ];
}

const rangesOf = (subnets: readonly Resource[]): string[] =>
  subnets.map((subnet) => subnet.text('CidrBlock'));

function databaseSubnets(assembly: Assembly, database: Resource): Resource[] {
  const name = database.text('DBSubnetGroupName');
  const group = assembly.named('AWS::RDS::DBSubnetGroup', name);
  if (!group)
    throw new NotModelled(`${database.where}: its subnet group ${name} is in no template`);
  const ids = group.required('SubnetIds') as string[];
  return ids.map((id) => subnetNamed(assembly, id, group));
}
