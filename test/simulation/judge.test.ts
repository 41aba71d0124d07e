import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import type { Invocation } from '../../simulator/api.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { nameOf, nodeOf } from '../../simulator/services/ec2/instance.ts';
import type { Execution } from '../../simulator/services/step-functions/step-functions.ts';
import { World } from '../../simulator/world.ts';
import { edited, play, siteOf } from './support/play.ts';

const site = siteOf();
/** Node a stays on at night, and only node b stops. */
const oneAtNight = siteOf({
  schedule: { windows: [{ from: '07:00', to: '19:00' }], nodes: 'one' },
});
const monday = '2026-11-30T00:00';

const RUN = 'arn:aws:states:ca-central-1:111122223333:execution:clinic-power:run-1';

/** A world at a standstill, in which a test plants what the judge must notice. */
async function stillWorld(of = site, from = monday) {
  const world = await World.load({
    directory: of.directory,
    plan: of.plan,
    from: instantAt(from, site.timeZone),
    seed: 1,
    faults: [],
    skipQuietTicks: true,
  });
  standing = world;
  const record = (sk: string, value: object) => {
    const [table] = world.dynamodb.tables.values();
    table?.items.set(sk, marshall({ pk: 'SITE', sk, version: 1, value }));
  };
  const by = { functionName: 'power/act', execution: RUN } as unknown as Invocation;
  const intend = (node: string, wish: 'running' | 'stopped', run = RUN) =>
    record(`INTENT#${node}`, { wish, run, reason: '', plannedFor: '' });
  const sees = (who: Invocation) => {
    const targets = () => [];
    world.judge.answered({ service: 'ec2', operation: 'DescribeInstances', by: who, targets });
    world.judge.answered({ service: 'rds', operation: 'DescribeDBInstances', by: who, targets });
  };
  sees(by);
  record('LEASE', { owner: RUN, purpose: 'power', fence: 1 });
  return { world, record, intend, by, sees };
}

let standing: World | undefined;
afterEach(() => {
  standing?.clock.uninstall();
  standing = undefined;
});

const stop = (resource: string) => ({ call: 'stop', towards: 'stopped' as const, resource });
const start = (resource: string) => ({ call: 'start', towards: 'running' as const, resource });
const found = ({ judge }: World): string[] => judge.findings.map(({ message }) => message);

describe('a disruptive call', () => {
  it('of a node that has a plan, an intent and the lease behind it is fine', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped');
    intend('b', 'stopped');

    world.judge.disruptive(stop('a'), by);

    expect(found(world)).toEqual([]);
  });

  it('that takes down the last node that serves breaks Serving', async () => {
    const { world, intend, by } = await stillWorld(oneAtNight);
    intend('b', 'stopped');
    world.ec2.node('a')?.host.shutDown();

    world.judge.disruptive(stop('b'), by);

    expect(found(world)).toEqual([
      `invariant 1 (Serving) broken at 2026-11-30T05:00:00.000Z: power/act for ${RUN} makes stop ` +
        'on node b, the last one that serves',
    ]);
  });

  it('that stops the database while the nodes are meant to run breaks Intent', async () => {
    const { world, intend, by } = await stillWorld(site, '2026-11-30T12:00');
    intend('database', 'stopped');

    world.judge.disruptive(stop('database'), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 2 \(Intent\).* on database,/)]);
  });

  it('that has an intent but no plan behind it breaks Intent: the record alone is not the plan', async () => {
    const { world, intend, by } = await stillWorld(site, '2026-11-30T12:00');
    intend('a', 'stopped');
    intend('b', 'stopped');

    world.judge.disruptive(stop('a'), by);

    expect(found(world)).toEqual([expect.stringMatching(/which is meant to be otherwise by the/)]);
  });

  it('against the intent breaks Intent', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped');

    world.judge.disruptive(start('a'), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 2 \(Intent\)/)]);
  });

  it.each([
    ['that takes back a drain while the peer is to stay is no start', true, 0],
    ['that tells a node to take clients which does, and is to stop, breaks Intent', false, 1],
  ])('%s', async (_what, drained, count) => {
    const { world, intend, by } = await stillWorld(oneAtNight);
    intend('b', 'stopped');
    if (drained) world.ec2.node('b')?.host.run('drain', '', () => {});

    world.judge.disruptive(start('b'), by);

    expect(found(world)).toHaveLength(count);
  });

  it('without a record of its own run breaks Record first', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped', 'run-0');

    world.judge.disruptive(stop('a'), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 13 \(Record first\)/)]);
  });

  it('while another execution is at work breaks Mutex', async () => {
    const { world, record, intend, by, sees } = await stillWorld();
    intend('a', 'stopped');
    intend('b', 'stopped');
    const machine = `arn:aws:states:ca-central-1:111122223333:stateMachine:clinic-power`;
    const other = world.stepFunctions.start(machine, '{}', 'other');
    world.judge.disruptive(stop('a'), by);
    record('LEASE', { owner: other.arn, purpose: 'power', fence: 2 });
    intend('a', 'stopped', other.arn);
    sees({ ...by, execution: other.arn });
    world.judge.disruptive(stop('a'), { ...by, execution: other.arn });
    record('LEASE', { owner: RUN, purpose: 'power', fence: 3 });
    intend('b', 'stopped');

    world.judge.disruptive(stop('b'), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 3 \(Mutex\).* is at work/)]);
  });

  it('on a host that is sound while the database fails breaks Shared', async () => {
    const { world, intend, by } = await stillWorld(site, '2026-11-30T12:00');
    intend('a', 'running');
    world.rds.fail(1);

    world.judge.disruptive(start('a'), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 7 \(Shared\).* the database$/)]);
  });

  it('for the 21st time within an hour breaks Bounds', async () => {
    const { world, intend, by } = await stillWorld(site, '2026-11-30T12:00');
    intend('a', 'running');

    for (let time = 0; time < 20; time++) world.judge.disruptive(start('a'), by);
    expect(found(world)).toEqual([]);
    world.judge.disruptive(start('a'), by);

    expect(found(world)).toEqual([
      expect.stringMatching(/invariant 8 \(Bounds\).*, 21 times within/),
    ]);
  });

  it('by a run that has not seen the nodes breaks Blind', async () => {
    const { world, intend, by, record } = await stillWorld();
    intend('a', 'stopped', 'run-2');
    record('LEASE', { owner: 'run-2', purpose: 'power', fence: 2 });

    world.judge.disruptive(stop('a'), { ...by, execution: 'run-2' });

    expect(found(world)).toEqual([expect.stringMatching(/invariant 12 \(Blind\).* nodes never$/)]);
  });

  it('by a function that an aborted run has left in flight rests on what that run saw', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped');
    intend('b', 'stopped');

    world.judge.executionEnded({ arn: RUN, status: 'ABORTED' } as Execution);
    world.judge.disruptive(stop('a'), by);

    expect(found(world)).toEqual([]);
  });
});

describe('an alert', () => {
  const nameOfA = ({ ec2 }: World): string =>
    ec2.instances.filter((one) => nodeOf(one) === 'a').map((one) => nameOf(one))[0] ?? '';
  const row = (text: string) => ({ subject: text, text, attributes: {}, committedAt: '' });
  const address = 'ec2-203-0-113-1.ca-central-1.compute.amazonaws.com';

  it('that recommends a node which serves is fine, once', async () => {
    const { world } = await stillWorld();
    const name = nameOfA(world);

    world.judge.wrote(
      'OUTBOX#2026-11-30T12:00:00.000Z#started#4',
      row(`OPEN - use https://${name}`),
    );

    expect(found(world)).toEqual([]);
  });

  it('of the same transition under another fence breaks Alerts', async () => {
    const { world } = await stillWorld();

    world.judge.wrote('OUTBOX#2026-11-30T12:00:00.000Z#stopped#4', row('no address works'));
    world.judge.wrote('OUTBOX#2026-11-30T12:00:00.000Z#stopped#5', row('no address works'));

    expect(found(world)).toEqual([expect.stringMatching(/invariant 5 \(Alerts\).* second time/)]);
  });

  it('that recommends a node which has not served for a minute breaks Truth', async () => {
    const { world } = await stillWorld(oneAtNight);
    const name = nameOfA(world);
    world.ec2.node('a')?.host.shutDown();
    world.clock.at(world.clock.now + 63_000, () => {
      world.judge.wrote('OUTBOX#x#late', row(`LATE - use https://${name}`));
    });

    await world.clock.runUntil(new Date(world.clock.now + 64_000), () => {});

    expect(found(world)).toContainEqual(
      expect.stringMatching(/invariant 6 \(Truth\).* did not serve/),
    );
  });

  it.each([
    ['recommends a stranger', `LATE - use https://${address}`, /no node of ours/],
    ['is silent about addresses', 'LATE: start', /names no address and does not say/],
  ])('that %s breaks Truth', async (_what, text, expected) => {
    const { world } = await stillWorld();

    world.judge.wrote('OUTBOX#x#late', row(text));

    expect(found(world)).toEqual([expect.stringMatching(expected)]);
  });

  it('that has reached nobody after ten minutes breaks Alerts', async () => {
    const { world } = await stillWorld(oneAtNight);
    world.judge.wrote('OUTBOX#x#late', row('LATE: no address is proven to work'));

    await world.clock.runUntil(new Date(world.clock.now + 11 * 60_000), () => {});

    expect(found(world)).toContainEqual(
      expect.stringMatching(/invariant 5 .* has reached nobody$/),
    );
  });
});

it('breaks Liveness when a run outlives the longest time-out of a workflow', async () => {
  const { world } = await stillWorld(oneAtNight);
  world.judge.executionStarted({ arn: 'run-9', status: 'RUNNING' } as Execution);

  await world.clock.runUntil(new Date(world.clock.now + 61 * 60_000), () => {});

  expect(found(world)).toContainEqual(
    expect.stringMatching(/invariant 11 \(Liveness\).* 60 minutes$/),
  );
});

it('breaks Certificates when a host holds a key beside the certificate of another', async () => {
  const { world } = await stillWorld();

  world.judge.certificateChanged('i-a', 'new', 'old');

  expect(found(world)).toEqual([expect.stringMatching(/invariant 9 \(Certificates\).* host i-a /)]);
});

it('breaks Lease when a run that ended still holds it after five minutes', async () => {
  const untended = edited(site, ({ Resources }) => {
    for (const id of Object.keys(Resources)) {
      if (id.startsWith('SiteEachMinute') || id.startsWith('SiteRunEndedBadly'))
        delete Resources[id];
    }
  });

  const { failure } = await play(untended, {
    from: '2026-11-30T18:30',
    days: 0.1,
    prepare: ({ clock, stepFunctions }) => {
      clock.at(instantAt('2026-11-30T19:02', site.timeZone).getTime(), () =>
        stepFunctions.executions.at(-1)?.abort(),
      );
    },
  });

  expect(failure).toMatchObject({
    name: 'InvariantBroken',
    invariant: 4,
    at: expect.stringContaining('2026-12-01T00:07:00'),
  });
});

it('breaks Plan when nothing is done and nobody is told', async () => {
  const idle = edited(site, ({ Resources }) => {
    for (const [id, { Type }] of Object.entries(Resources)) {
      if (Type === 'AWS::Scheduler::Schedule') delete Resources[id];
    }
  });

  const { failure } = await play(idle, { from: monday, days: 0.1 });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 15 });
  expect(failure?.message).toContain('a is running and not stopped');
});

it('breaks Plan when the site is late although no fault excuses it', async () => {
  const slow = siteOf();
  const { failure } = await play(slow, {
    from: monday,
    days: 0.5,
    prepare: (world) => {
      // The database never becomes available, and no injected fault says why.
      world.faults.databaseStart = () => 6 * 3_600_000;
    },
  });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 15 });
  expect(failure?.message).toContain('with no fault to excuse it');
});

it('breaks Intent when the code closes the site at noon, whatever its own records say', async () => {
  const lunch = siteOf({
    schedule: {
      windows: [
        { from: '07:00', to: '12:00' },
        { from: '13:00', to: '19:00' },
      ],
    },
  });

  // The template closes at noon; the operator planned to stay open.
  const { failure } = await play({ ...lunch, plan: site.plan }, { from: monday, days: 1 });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 2 });
  expect(failure?.message).toContain('makes drain on node a, which is meant to be otherwise');
});

it('breaks Plan between two planned changes when something is amiss for twenty minutes', async () => {
  const { failure } = await play(site, {
    from: '2026-11-30T07:00',
    days: 0.4,
    prepare: ({ clock, ec2 }) => {
      clock.at(instantAt('2026-11-30T10:10', site.timeZone).getTime(), () => {
        for (const { host } of ec2.instances) host.shutDown();
      });
    },
  });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 15 });
  expect(failure?.message).toContain('nothing was planned then');
});

it('does not let a fault of tomorrow excuse today', async () => {
  const { failure } = await play(site, {
    from: monday,
    days: 1,
    faults: [{ name: 'insufficient-capacity', on: 'a', at: '2026-11-30T22:00' }],
    prepare: (world) => {
      world.faults.databaseStart = () => 6 * 3_600_000;
    },
  });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 15 });
});

it('reports a fault that struck nothing', async () => {
  const { unstruck } = await play(site, {
    from: '2026-12-05T00:00',
    days: 1,
    faults: [{ name: 'slow-database', at: '2026-12-05T07:00' }],
  });

  expect(unstruck.map(({ name }) => name)).toEqual(['slow-database']);
});
