import type { DescribeInstancesCommandOutput, Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import { lentAddress, publicName } from '../../simulator/services/ec2/addresses.ts';
import { wasNamed } from '../../simulator/services/ec2/instance.ts';
import type { World } from '../../simulator/world.ts';
import { edited, play, type Site, siteOf, type Template } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

const site = siteOf();

/** The site without addresses of its own: EC2 lends each node one while it runs. */
const borrowing = edited(site, borrow, 'Orthweb');

function borrow({ Resources }: Template): void {
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    if (Type === 'AWS::EC2::EIP') delete Resources[id];
    if (Type === 'AWS::EC2::Subnet') Properties.MapPublicIpOnLaunch = true;
  }
}

const at = (world: World, local: string, act: () => void) =>
  world.clock.at(instantAt(local, site.timeZone).getTime(), act);

/** Every instance as the API describes it at these times of the site's clock. */
async function described(of: Site, times: readonly string[]) {
  const answers: Instance[][] = [];
  const { failure } = await play(of, {
    from: '2026-11-30T06:00',
    days: 1.1,
    prepare: (world) => {
      for (const time of times) at(world, time, () => answers.push(instancesIn(world)));
    },
  });
  expect(failure).toBeUndefined();
  return answers;
}

function instancesIn({ ec2 }: World): Instance[] {
  const answer = ec2.operations.DescribeInstances?.run({} as never, undefined as never);
  const { Reservations = [] } = answer as DescribeInstancesCommandOutput;
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

const TIMES = ['2026-11-30T06:30', '2026-11-30T08:00', '2026-11-30T20:00', '2026-12-01T07:10'];

describe('an address that EC2 lends', () => {
  it('is there while the instance runs, a new one after each start', async () => {
    const [closed = [], open = [], night = [], next = []] = await described(borrowing, TIMES);

    for (const { PublicIpAddress, PublicDnsName } of [...closed, ...night]) {
      expect([PublicIpAddress, PublicDnsName]).toEqual([undefined, '']);
    }
    const running = [...open, ...next];
    for (const { PublicIpAddress = '', PublicDnsName } of running) {
      expect(PublicIpAddress).toMatch(/^198\.51\.100\.\d+$/);
      expect(PublicDnsName).toBe(publicName('ca-central-1', PublicIpAddress));
    }
    expect(new Set(running.map(({ PublicIpAddress }) => PublicIpAddress)).size).toBe(4);
  });

  it('is the one that the alerts of its day name, all week', async () => {
    const lent: (readonly string[])[] = [];
    const days = ['11-30', '12-01', '12-02', '12-03', '12-04'];
    const result = await play(borrowing, {
      from: '2026-11-30T00:00',
      days: 7,
      prepare: (world) => {
        for (const day of days) {
          at(world, `2026-${day}T12:00`, () =>
            lent.push(
              world.ec2.instances.map(({ address = '' }) => publicName('ca-central-1', address)),
            ),
          );
        }
      },
    });

    expect(result.failure).toBeUndefined();
    const openings = result.deliveries.filter(({ attributes }) => attributes.kind === 'STARTED');
    expect(openings).toHaveLength(days.length);
    for (const [day, { text }] of openings.entries()) {
      const named = new Set([...text.matchAll(/https:\/\/([\w.-]+)/g)].map(([, name]) => name));
      expect([...named].sort()).toEqual([...(lent[day] ?? [])].sort());
    }
    expect(new Set(lent.flat()).size).toBe(2 * days.length);
  });

  it('breaks Truth in an alert once it is another, though its node serves', async () => {
    const { findings } = await play(borrowing, {
      from: '2026-11-30T00:00',
      days: 1.5,
      prepare: (world) => {
        const named = { old: '' };
        at(world, '2026-11-30T12:00', () => {
          named.old = publicName('ca-central-1', world.site.node('a')?.address ?? '');
        });
        at(world, '2026-12-01T10:00', () => {
          expect(world.site.node('a')?.host.serves).toBe(true);
          const text = `LATE - use https://${named.old}`;
          world.judge.wrote('OUTBOX#x#late', {
            subject: text,
            text,
            attributes: {},
            committedAt: '',
          });
        });
      },
    });

    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/invariant 6 \(Truth\).* no node of ours/),
    );
  });

  it('is nobody else’s', async () => {
    const { world } = await stillWorld(borrowing);
    const node = world.site.node('a');
    if (!node) throw new Error('there is no node a');
    const numbers = Array.from({ length: 250 }, (_unused, index) => index + 1);
    const others = numbers
      .filter((number) => number !== 77)
      .map((number) => ({ ...node, address: `198.51.100.${number}` }));

    expect(lentAddress(node, others)).toBe('198.51.100.77');
  });

  it('is the name of its node up to the instant at which it was given back', async () => {
    const { world } = await stillWorld(borrowing);
    const node = world.site.node('a');
    if (!node?.address) throw new Error('node a has no address');
    const old = publicName('ca-central-1', node.address);
    const back = world.clock.now;
    node.last = { address: node.address, until: back };
    node.address = '198.51.100.251';

    expect(wasNamed(node, publicName('ca-central-1', node.address), back + 1)).toBe(true);
    expect(wasNamed(node, old, back)).toBe(true);
    expect(wasNamed(node, old, back + 1)).toBe(false);
  });
});

it('keeps an Elastic IP address while the instance is stopped', async () => {
  const answers = await described(site, TIMES);

  const addresses = answers.map((all) => all.map(({ PublicIpAddress }) => PublicIpAddress));
  expect(new Set(addresses.flat()).size).toBe(2);
  expect(addresses).toEqual(TIMES.map(() => addresses[0]));
});

it('gives no Elastic IP address twice, however many there are', async () => {
  const many = edited(
    site,
    ({ Resources }) => {
      for (let more = 0; more < 100; more++) {
        Resources[`Another${more}`] = { Type: 'AWS::EC2::EIP', Properties: {} };
      }
    },
    'Orthweb',
  );

  const { failure } = await play(many, { from: '2026-11-30T07:00', days: 0.01 });

  expect(failure).toBeUndefined();
});

it('gives an instance no address where nobody asks for one', async () => {
  const alone = edited(
    borrowing,
    ({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type === 'AWS::EC2::Subnet') Properties.MapPublicIpOnLaunch = false;
      }
    },
    'Orthweb',
  );

  const { world } = await stillWorld(alone);

  expect(instancesIn(world).map(({ PublicDnsName }) => PublicDnsName)).toEqual(['', '']);
});

it.each([
  [
    'a subnet with an address plan that it does not know',
    'AWS::EC2::Subnet',
    { AssignIpv6AddressOnCreation: true },
    /AWS::EC2::Subnet .*does not model AssignIpv6AddressOnCreation/,
  ],
  [
    'a launch template that gives its instances network interfaces',
    'AWS::EC2::LaunchTemplate',
    { LaunchTemplateData: { NetworkInterfaces: [{ AssociatePublicIpAddress: true }] } },
    /NetworkInterfaces is not modelled/,
  ],
])('refuses %s', async (_what, type, properties, says) => {
  const changed = edited(
    site,
    ({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type === type) Object.assign(Properties, properties);
      }
    },
    'Orthweb',
  );

  await expect(play(changed, { from: '2026-11-30T07:00', days: 0.01 })).rejects.toThrow(says);
});
