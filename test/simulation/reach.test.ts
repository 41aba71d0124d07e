import { describe, expect, it } from 'vitest';
import { firstMinute } from './support/first-minute.ts';
import { edited, type Site, siteOf, type Template, templateOf } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

const cidr = '10.42.0.0/16';
const zones = ['ca-central-1a', 'ca-central-1b', 'ca-central-1d'];

const site = siteOf();
const dynamic = siteOf({ hosts: { addresses: 'dynamic' } });
const threeZones = siteOf({ zones, network: { cidr, endpoints: 'management' } });

type Edit = (template: Template) => void;

const inSite = (of: Site, edit: Edit) => edited(of, edit, 'Orthweb');

it.each([
  ['as it is', site],
  ['with addresses that EC2 lends', dynamic],
  ['in three zones, with endpoints', threeZones],
])('lets both hosts serve %s', async (_how, of) => {
  expect(await firstMinute(of)).toEqual({ failure: undefined, said: '', serving: [true, true] });
});

/** What CDK writes into a group that lets nothing out. */
const NOTHING_OUT = {
  CidrIp: '255.255.255.255/32',
  Description: 'Disallow all traffic',
  FromPort: 252,
  IpProtocol: 'icmp',
  ToPort: 86,
};

/** What findings say of what is taken out, by the type of the resource. */
const SAYS: Readonly<Record<string, RegExp>> = {
  'SecurityGroup Egress tcp 443': /Internet on tcp 443 .*Hosts .*: no rule lets tcp 443 out/,
  'SecurityGroup Ingress tcp 443': /out of reach for clients: .*Hosts .*: no rule lets tcp 443 in/,
  'SecurityGroup Ingress tcp 11112': /for clients: .*Hosts .*: no rule lets tcp 11112 in/,
  SecurityGroupEgress: /cannot reach .*Database.*Hosts .*: no rule lets tcp 5432 out/,
  SecurityGroupIngress: /cannot reach .*Database.*: no rule lets tcp 5432 in from the host/,
  Route: /PublicSubnet\d\/RouteTable .*has no route of 0\.0\.0\.0\/0 to an Internet gateway/,
  SubnetRouteTableAssociation: /PublicSubnet\d\/Subnet .*has no route table of its own/,
  VPCGatewayAttachment: /IGW .*is not attached to the VPC/,
  Subnet: /Internet .*at its first boot: .*PublicSubnet\d\/Subnet .*maps no public address/,
};

/** What stands between the hosts and who looks at them as a client does. */
const OF_OBSERVERS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^SecurityGroupEgress .*\/Observer\/.*5432/,
    /Probe\/Function .*cannot reach .*Observer .*: no rule lets tcp 5432 out/,
  ],
  [
    /^SecurityGroupIngress .*Database\/.*Observer.*5432/,
    /Probe\/Function .*cannot reach .*Database .*: no rule lets tcp 5432 in from/,
  ],
  [/^SecurityGroupEgress .*\/Observer\//, /cannot look at .*Observer .*: no rule lets tcp \d+ out/],
  [/^SecurityGroupIngress .*Observer/, /cannot look at .*Hosts .*: no rule lets tcp \d+ in from/],
];

/** What nobody needs of what is rehearsed. */
const NOT_NEEDED: Readonly<Record<string, RegExp>> = {
  'No host lives in the third zone.': /PublicSubnet3\//,
  'Within a VPC every route table has a way, the main one too.': /PrivateSubnet\d\//,
  'It stands for a group that lets nothing out.': /Egress icmp/,
  'What goes through interface endpoints is not rehearsed by endpoint.': /Network\/Endpoints/,
};

interface Piece {
  /** Its kind and where it is: `Route Orthweb/Network/Vpc/PublicSubnet1/DefaultRoute`. */
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  readonly takeOut: Edit;
}

const pathOf = ({ Metadata }: Template['Resources'][string]): string =>
  String(Metadata?.['aws:cdk:path']).replace(/\/Resource$/, '');

/** Everything in the template that makes a way or lets somebody pass. */
function pieces({ Resources }: Template): Piece[] {
  return Object.entries(Resources).flatMap(([id, resource]) => {
    const type = resource.Type.replace('AWS::EC2::', '');
    const path = pathOf(resource);
    const piece = (kind: string, takeOut: Edit) => [
      { name: `${kind} ${path}`, kind, path, takeOut },
    ];
    if (type === 'Subnet') {
      if (!resource.Properties.MapPublicIpOnLaunch) return [];
      return piece(type, ({ Resources }) => {
        Object.assign(Resources[id]?.Properties, { MapPublicIpOnLaunch: false });
      });
    }
    if (type === 'SecurityGroup') {
      return ['Egress', 'Ingress'].flatMap((direction) => {
        const property = `SecurityGroup${direction}`;
        const rules: (typeof NOTHING_OUT)[] = resource.Properties[property] ?? [];
        return rules.flatMap((rule, index) =>
          piece(`${type} ${direction} ${rule.IpProtocol} ${rule.ToPort}`, ({ Resources }) => {
            const rest = rules.filter((_rule, other) => other !== index);
            const none = direction === 'Egress' ? [NOTHING_OUT] : [];
            Object.assign(Resources[id]?.Properties, { [property]: rest.length > 0 ? rest : none });
          }),
        );
      });
    }
    if (!(type in SAYS)) return [];
    return piece(type, ({ Resources }) => {
      delete Resources[id];
    });
  });
}

/** Which hosts a piece concerns: those of its subnet, or both. */
function without({ path }: Piece, { Resources }: Template): boolean[] {
  const [, subnet] = /(.*\/PublicSubnet\d)\//.exec(path) ?? [];
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::EC2::Instance')
    .map(({ Properties }) => {
      const own = Resources[Properties.SubnetId.Ref];
      return subnet !== undefined && own !== undefined && pathOf(own) !== `${subnet}/Subnet`;
    });
}

describe('a host without what it needs of the network does not serve, and the run fails', () => {
  const template = templateOf(threeZones, 'Orthweb');
  const all = pieces(template);
  const isNeedless = ({ name }: Piece) => Object.values(NOT_NEEDED).some((is) => is.test(name));
  const observers = ({ name }: Piece) => OF_OBSERVERS.find(([piece]) => piece.test(name))?.[1];
  const needed = all.filter((piece) => !isNeedless(piece) && !observers(piece));

  it.each(needed.map((piece) => [piece.name, piece] as const))('%s', async (_name, piece) => {
    const { failure, said, serving } = await firstMinute(inSite(threeZones, piece.takeOut));

    expect(failure?.name).toBe('OutOfReach');
    expect(said).toMatch(SAYS[piece.kind] ?? /^$/);
    expect(serving).toEqual(without(piece, template));
  });

  it.each(all.filter(observers).map((piece) => [piece.name, piece] as const))(
    'or serves, and cannot be looked at, for want of %s',
    async (_name, piece) => {
      const { failure, said, serving } = await firstMinute(inSite(threeZones, piece.takeOut));

      expect(failure?.name).toBe('OutOfReach');
      expect(said).toMatch(observers(piece) ?? /^$/);
      expect(serving).toEqual([true, true]);
    },
  );

  it.each(all.filter(isNeedless).map((piece) => [piece.name, piece] as const))(
    'which is not so of %s',
    async (_name, { takeOut }) => {
      const { failure, serving } = await firstMinute(inSite(threeZones, takeOut));

      expect({ failure, serving }).toEqual({ failure: undefined, serving: [true, true] });
    },
  );

  it('and both lists are whole', () => {
    expect(new Set(needed.map(({ kind }) => kind))).toEqual(new Set(Object.keys(SAYS)));
    for (const [because, is] of Object.entries(NOT_NEEDED)) {
      expect(all.filter(({ name }) => is.test(name)).length, because).toBeGreaterThan(0);
    }
  });
});

it('tells a host that is not prepared from one that nobody finds', async () => {
  const unmapped: Edit = ({ Resources }) => {
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type === 'AWS::EC2::Subnet') Properties.MapPublicIpOnLaunch = false;
    }
  };

  const elastic = await firstMinute(inSite(site, unmapped));
  const lent = await firstMinute(inSite(dynamic, unmapped));

  const onlyB = await firstMinute(
    inSite(site, (template) => {
      unmapped(template);
      const [address] = Object.entries(template.Resources).find(
        ([, { Type }]) => Type === 'AWS::EC2::EIP',
      ) ?? [''];
      delete template.Resources[address];
    }),
  );

  expect(elastic.said).not.toContain('out of reach for clients');
  expect(lent.said).toMatch(/B\/Instance .*out of reach for clients: it has no Elastic IP address/);
  expect(onlyB.said).toMatch(/A\/Instance .*out of reach for clients/);
  expect(onlyB.said).not.toMatch(/B\/Instance .*out of reach for clients/);
});

it('lets a host that no client finds pass its own probe, as it asks itself', async () => {
  const hidden = inSite(site, ({ Resources }) => {
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type === 'AWS::EC2::SecurityGroup') delete Properties.SecurityGroupIngress;
    }
  });
  const { world } = await stillWorld(hidden);
  const host = world.site.node('a')?.host;
  const answers: boolean[] = [];

  host?.run('probe', ({ ok }) => answers.push(ok));
  await world.clock.runUntil(new Date(world.clock.now + 10_000), () => {});

  expect(host?.serves).toBe(false);
  expect(answers).toEqual([true]);
});
