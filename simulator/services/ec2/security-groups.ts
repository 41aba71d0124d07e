import ipaddr from 'ipaddr.js';
import { NotModelled } from '../../aws-error.ts';
import type { Assembly, Resource, ResourceType } from '../../template.ts';

type Direction = 'Egress' | 'Ingress';

/** Who is at the other end of a rule, by its direction. */
const PEER = { Egress: 'DestinationSecurityGroupId', Ingress: 'SourceSecurityGroupId' } as const;

const propertiesOf = (direction: Direction) => [
  'CidrIp',
  'FromPort',
  'IpProtocol',
  'ToPort',
  PEER[direction],
];
const IGNORED = ['Description'];

const ruleType = (direction: Direction): ResourceType => ({
  reads: [...propertiesOf(direction), 'GroupId'],
  ignores: IGNORED,
  names: (resource) => ({ ref: `sgr-0${resource.fingerprint(16)}` }),
});

export const securityGroupTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::SecurityGroup': {
    reads: ['SecurityGroupEgress', 'SecurityGroupIngress'],
    ignores: ['GroupDescription', 'GroupName', 'VpcId'],
    names: (resource) => {
      const id = `sg-0${resource.fingerprint(16)}`;
      return { ref: id, attributes: { GroupId: id } };
    },
  },
  'AWS::EC2::SecurityGroupEgress': ruleType('Egress'),
  'AWS::EC2::SecurityGroupIngress': ruleType('Ingress'),
};

/** A rule as a template words it. */
interface Rule {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly CidrIp?: string;
  readonly SourceSecurityGroupId?: string;
  readonly DestinationSecurityGroupId?: string;
}

/** Whether the other end of a rule takes in whom it is about. */
type Takes = (rule: Rule) => boolean;

/** What a group has until it is given a rule of its own. */
const EVERYTHING: Rule = { IpProtocol: '-1', CidrIp: '0.0.0.0/0' };

/** By number, too: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html */
const TCP = new Set(['tcp', '6']);
const ALL_PROTOCOLS = '-1';

/**
 * The security groups that something wears; their rules add up. Answers to what was let through
 * need no rule.
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
export class SecurityGroups {
  readonly ids: readonly string[];
  private readonly assembly: Assembly;
  private readonly groups: readonly Resource[];

  /** Throws `NotModelled` where `wearer` wears a group that is in no template. */
  constructor(
    assembly: Assembly,
    wearer: Resource,
    property: string,
    ids = wearer.required(property) as readonly string[],
  ) {
    this.assembly = assembly;
    this.ids = ids;
    this.groups = ids.map((id) => {
      const group = assembly.named('AWS::EC2::SecurityGroup', id);
      if (!group) throw new NotModelled(`${wearer.where}: ${property} ${id} is in no template`);
      return group;
    });
  }

  /** Where an engineer finds them. */
  get where(): string {
    return this.groups.map(({ where }) => where).join(', ');
  }

  /** Whether a rule lets TCP to this port pass, out of the wearer or into it. */
  let(direction: Direction, port: number, takes: Takes): boolean {
    return this.groups
      .flatMap((group) => rulesOf(this.assembly, group, direction))
      .some((rule) => opens(rule, port) && takes(rule));
  }
}

/** Takes in all of this range, in CIDR notation. */
export const range =
  (all: string): Takes =>
  ({ CidrIp }) =>
    CidrIp !== undefined && contains(CidrIp, all);

/** Takes in addresses of some range. */
export const someRange: Takes = ({ CidrIp }) => CidrIp !== undefined;

/** Takes in whoever wears one of these groups, and lives in these ranges. */
export const wearer =
  ({ ids }: SecurityGroups, ranges: readonly string[]): Takes =>
  (rule) =>
    ids.some((id) => Object.values(PEER).some((peer) => rule[peer] === id)) ||
    ranges.every((all) => range(all)(rule));

function contains(outer: string, inner: string): boolean {
  const [base, prefix] = ipaddr.IPv4.parseCIDR(outer);
  const [address, length] = ipaddr.IPv4.parseCIDR(inner);
  return length >= prefix && address.match(base, prefix);
}

function opens({ IpProtocol, FromPort, ToPort }: Rule, port: number): boolean {
  if (String(IpProtocol) === ALL_PROTOCOLS) return true;
  if (!TCP.has(String(IpProtocol)) || FromPort === undefined || ToPort === undefined) return false;
  return FromPort <= port && port <= ToPort;
}

/**
 * The rules in the group itself, and those that are resources of their own.
 *
 * A group without a rule for what goes out gets one that lets everything out, and keeps it until it
 * is given another. That page leaves open whether a rule that is a resource takes it away.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html
 */
function rulesOf(assembly: Assembly, group: Resource, direction: Direction): readonly Rule[] {
  const id = assembly.names(group).ref;
  const property = `SecurityGroup${direction}`;
  const inline = (group.optional(property) ?? []) as readonly Rule[];
  const known = new Set([...propertiesOf(direction), ...IGNORED]);
  for (const name of inline.flatMap((rule) => Object.keys(rule))) {
    if (!known.has(name)) {
      throw new NotModelled(`${group.where}: the simulator does not model ${name} in ${property}`);
    }
  }
  const separate = assembly
    .resources(`AWS::EC2::${property}`)
    .filter((rule) => rule.text('GroupId') === id)
    .map(
      (rule) =>
        Object.fromEntries(
          propertiesOf(direction).map((name) => [name, rule.optional(name)]),
        ) as unknown as Rule,
    );
  if (direction === 'Ingress' || inline.length > 0) return [...inline, ...separate];
  if (separate.length === 0) return [EVERYTHING];
  throw new NotModelled(
    `${group.where}: ${property} is missing beside rules that are resources of their own. ` +
      'Write one there: whether the default rule stays is not modelled.',
  );
}
