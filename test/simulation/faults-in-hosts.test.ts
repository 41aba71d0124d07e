import type { DescribeInstancesCommandOutput, InstanceStatus } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import { delivered, type ServiceEvent } from '../../simulator/services/eventbridge.ts';
import { clinic } from './support/faulted.ts';
import type { LocalFault } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

/** The clinic is open; the fault begins a minute later. */
const NOON = '2026-11-30T12:00';
const BEGINS = '2026-11-30T12:01';

/** A world in which this happens to node a, and what can be seen of that. */
async function suffering(fault: Omit<LocalFault, 'at'>) {
  const scene = await stillWorld(clinic, NOON, 'issued', [
    { ...fault, at: instantAt(BEGINS, clinic.timeZone) },
  ]);
  const { world, by } = scene;
  const node = world.site.node('a');
  if (!node) throw new Error('there is no node a');
  const { cloudwatch, bus, ec2, clock } = world;
  const begins = clock.now + 60_000;
  const metrics: string[] = [];
  const record = cloudwatch.record.bind(cloudwatch);
  cloudwatch.record = (namespace, name, dimensions, value, ...more) => {
    if (dimensions.InstanceId === node.id) {
      const minute = Math.floor((clock.now - begins) / 60_000);
      metrics.push(`${namespace} ${name} ${value} in minute ${minute}`);
    }
    record(namespace, name, dimensions, value, ...more);
  };
  const events: ServiceEvent[] = [];
  const emit = bus.emit.bind(bus);
  bus.emit = (event) => {
    if (event.source === 'aws.health') events.push(event);
    return emit(event);
  };
  const ask = async (operation: 'DescribeInstances' | 'DescribeInstanceStatus') =>
    ec2.operations[operation]?.run({ InstanceIds: [node.id] } as never, by);
  return {
    ...scene,
    node,
    metrics,
    events,
    /** Until so many minutes after the fault began. */
    until: (minutes: number) => clock.runUntil(new Date(begins + minutes * 60_000), () => {}),
    checks: async () => {
      const { InstanceStatuses = [] } = (await ask('DescribeInstanceStatus')) as {
        InstanceStatuses?: InstanceStatus[];
      };
      const [one] = InstanceStatuses;
      return [one?.SystemStatus, one?.InstanceStatus, one?.AttachedEbsStatus].map(
        (check) => check?.Status,
      );
    },
    launched: async () => {
      const { Reservations } = (await ask('DescribeInstances')) as DescribeInstancesCommandOutput;
      return Reservations?.[0]?.Instances?.[0]?.LaunchTime?.toISOString();
    },
  };
}

describe('a container of a node', () => {
  it.each([
    ['dead-container', 'a=orthanc', 502, 'open'],
    ['hung-container', 'a=orthanc', 504, 'open'],
    ['dead-container', 'a=nginx', 200, 'refused'],
    ['hung-container', 'a=nginx', 200, 'hung'],
  ] as const)('%s:%s is so until the fault is over', async (name, on, orthanc, door) => {
    const { node, until } = await suffering({ name, on, minutes: 12 });

    await until(11.9);
    const during = { orthanc: node.host.orthanc, door: node.host.door, serves: node.host.serves };
    await until(12.1);

    expect(during).toEqual({ orthanc, door, serves: false });
    expect(node.host.serves).toBe(true);
  });

  it('that hangs is another one after a boot; one that ends goes on ending', async () => {
    const { node, until } = await suffering({ name: 'hung-container', on: 'a=orthanc' });
    await until(1);
    node.host.suffer({ is: 'dead', service: 'nginx' });

    node.host.boot();
    await until(4);

    expect(node.host.orthanc).toBe(200);
    expect(node.host.door).toBe('refused');
  });
});

it('memory that does not suffice kills Orthanc again and again, for less than a minute', async () => {
  const { node, until, world } = await suffering({ name: 'exhausted-memory', on: 'a' });

  const seen: boolean[] = [];
  for (let minutes = 0; minutes < 15; minutes += 1 / 12) {
    await until(minutes);
    seen.push(node.host.serves);
  }
  await until(20);

  const falls = seen.filter((serves, index) => !serves && seen[index - 1] !== false).length;
  expect(falls).toBeGreaterThanOrEqual(3);
  expect(falls).toBeLessThanOrEqual(5);
  expect(seen.filter((serves) => !serves).length / falls).toBeLessThanOrEqual(9);
  expect(node.host.serves).toBe(true);
  expect(world.site.node('b')?.host.serves).toBe(true);
});

describe('the status checks of EC2', () => {
  it.each([
    ['dead-host', 'a', ['ok', 'impaired', 'ok'], 'StatusCheckFailed_Instance'],
    ['failed-volume', 'a', ['ok', 'ok', 'impaired'], 'StatusCheckFailed_AttachedEBS'],
    ['failed-system', 'a=stays', ['impaired', 'impaired', 'ok'], 'StatusCheckFailed_System'],
  ] as const)('notice %s:%s a minute or two late, and its end', async (name, on, wrong, metric) => {
    const { checks, metrics, until } = await suffering({ name, on, minutes: 8 });

    await until(0.9);
    const before = await checks();
    await until(2.1);
    const found = await checks();
    await until(7.9);
    const still = await checks();
    await until(12);

    expect([before, found, still]).toEqual([['ok', 'ok', 'ok'], wrong, wrong]);
    expect(await checks()).toEqual(['ok', 'ok', 'ok']);
    const failed = metrics.filter((line) => line.startsWith(`AWS/EC2 ${metric} 1 `));
    expect(failed.length).toBeGreaterThanOrEqual(6);
    expect(new Set(failed).size).toBe(failed.length);
    expect(metrics.at(-3)).toMatch(/ 0 in minute \d+$/);
  });

  it('measure nothing of an instance that is well, and nothing for ever', async () => {
    const { metrics, until } = await suffering({ name: 'dead-host', on: 'a', minutes: 3 });

    await until(0.9);
    expect(metrics).toEqual([]);
    await until(40);

    expect(metrics.length).toBeLessThan(3 * 25);
  });
});

describe('a machine that breaks under a node', () => {
  it('is exchanged by AWS after some minutes, which says so; it was no start', async () => {
    const scene = await suffering({ name: 'failed-system', on: 'a=recovers', minutes: 15 });
    const { events, launched, node, until } = scene;

    await until(4.9);
    expect([node.host.door, node.host.online, node.state]).toEqual(['silent', false, 'running']);
    expect(events).toEqual([]);
    await until(9);

    expect(node.host.serves).toBe(true);
    expect(await launched()).toBe('2026-11-30T17:00:00.000Z');
    expect(events).toMatchObject([
      {
        'detail-type': 'AWS Health Event',
        resources: [node.id],
        detail: {
          service: 'EC2',
          eventTypeCode: 'AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_SUCCESS',
          affectedEntities: [{ entityValue: node.id }],
        },
      },
    ]);
  });

  it('is told of with the account and region that EventBridge has it from', async () => {
    const { events, until } = await suffering({ name: 'failed-system', on: 'a=recovers' });

    await until(9);

    const [event] = events;
    if (!event) throw new Error('AWS Health has said nothing');
    const whole = delivered(event, 'id', '2026-11-30T17:07:00.000Z');
    expect(whole).toMatchObject({ account: '111122223333', region: 'ca-central-1' });
    expect(whole).not.toHaveProperty('from');
  });

  it('stays where AWS has no other, until the fault is over', async () => {
    const scene = await suffering({ name: 'failed-system', on: 'a=stays', minutes: 15 });
    const { events, node, until } = scene;

    await until(14.9);
    expect(node.host.door).toBe('silent');
    expect(events).toMatchObject([
      { detail: { eventTypeCode: 'AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_FAILURE' } },
    ]);
    await until(17);

    expect(node.host.serves).toBe(true);
  });

  it('is left behind by a stop and a start, and AWS says nothing any more', async () => {
    const scene = await suffering({ name: 'failed-system', on: 'a=stays', minutes: 30 });
    const { events, launched, node, until, world } = scene;

    await until(1);
    world.ec2.stopByHand(node);
    await until(3);
    world.ec2.startByHand(node);
    await until(10);

    expect(node.host.serves).toBe(true);
    expect(await launched()).toBe('2026-11-30T17:04:00.000Z');
    expect(events).toEqual([]);
  });
});

describe('a person who stops a node in the console', () => {
  it('starts it again in the end', async () => {
    const { node, until, world } = await suffering({ name: 'stopped-by-hand', on: 'a' });

    await until(14);
    expect(node.state).toBe('stopped');
    expect(world.site.node('b')?.host.serves).toBe(true);
    await until(20);

    expect(node.host.serves).toBe(true);
  });

  it('leaves it where it is meant to be stopped by then', async () => {
    const { intend, node, until } = await suffering({ name: 'stopped-by-hand', on: 'a' });

    await until(10);
    intend('a', 'stopped');
    await until(20);

    expect(node.state).toBe('stopped');
  });
});

it('a packet that is lost hits one look, and the next arrives', async () => {
  const { until, world } = await suffering({ name: 'lost-packet', on: 'a' });

  await until(5);

  const { faults } = world.site;
  expect([faults.unseen('b'), faults.unseen('a'), faults.unseen('a')]).toEqual([
    false,
    true,
    false,
  ]);
});

it('a host that is slow takes its time for everything, and serves', async () => {
  const { node, until, world } = await suffering({ name: 'slow-host', on: 'a' });
  const took: number[] = [];
  const probe = () => {
    const begun = world.clock.now;
    node.host.run('probe', ({ ok }) => {
      if (ok) took.push(world.clock.now - begun);
    });
  };

  await until(0);
  await until(1);
  probe();
  await until(2);

  expect(node.host.serves).toBe(true);
  expect(took[0]).toBeGreaterThanOrEqual(3_000);
  expect(took[0]).toBeLessThan(10_000);
});
