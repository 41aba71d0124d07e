import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import type { Invocation } from '../../simulator/api.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { World } from '../../simulator/world.ts';
import { edited, play, siteOf } from './support/play.ts';

const site = siteOf();
/** Node a stays on at night, and only node b stops. */
const oneAtNight = siteOf({
  schedule: { windows: [{ from: '07:00', to: '19:00' }], nodes: 'one' },
});
const monday = '2026-11-30T00:00';

/** A world at a standstill, in which a test plants what the judge must notice. */
async function stillWorld(of = site, from = monday) {
  const { world } = await World.load({
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
  const by = { functionName: 'power/act', execution: 'run-1' } as unknown as Invocation;
  const intend = (node: string, wish: 'running' | 'stopped', run = 'run-1') =>
    record(`INTENT#${node}`, { wish, run, reason: '', plannedFor: '' });
  record('LEASE', { owner: 'run-1', purpose: 'power', fence: 1 });
  return { world, record, intend, by };
}

let standing: World | undefined;
afterEach(() => {
  standing?.clock.uninstall();
  standing = undefined;
});

describe('a disruptive call', () => {
  it('of a node that has a plan, an intent and the lease behind it is fine', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped');
    intend('b', 'stopped');

    expect(() => world.judge.disruptive('stop', 'a', by)).not.toThrow();
  });

  it('that takes down the last node that serves breaks Serving', async () => {
    const { world, intend, by } = await stillWorld(oneAtNight);
    intend('b', 'stopped');
    world.ec2.instances.find(({ tags }) => tags['orthweb:node'] === 'a')?.host.shutDown();

    expect(() => world.judge.disruptive('stop', 'b', by)).toThrow(
      /invariant 1 \(Serving\) broken at 2026-11-30T05:00:00.000Z: power\/act for run-1 would take down node b/,
    );
  });

  it('that stops the database while the nodes are meant to run breaks Intent', async () => {
    const { world, intend, by } = await stillWorld(site, '2026-11-30T12:00');
    intend('database', 'stopped');

    expect(() => world.judge.disruptive('stop', 'database', by)).toThrow(/invariant 2 \(Intent\)/);
  });

  it('that has an intent but no plan behind it breaks Intent: the record alone is not the plan', async () => {
    const { world, intend, by } = await stillWorld(site, '2026-11-30T12:00');
    intend('a', 'stopped');
    intend('b', 'stopped');

    expect(() => world.judge.disruptive('stop', 'a', by)).toThrow(
      /invariant 2 \(Intent\).* would stop a, which is meant to be otherwise/,
    );
  });

  it('against the intent breaks Intent', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped');

    expect(() => world.judge.disruptive('start', 'a', by)).toThrow(/invariant 2 \(Intent\)/);
  });

  it('without a record of its own run breaks Record first', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped', 'run-0');

    expect(() => world.judge.disruptive('stop', 'a', by)).toThrow(/invariant 13 \(Record first\)/);
  });

  it('while another execution is at work breaks Mutex', async () => {
    const { world, record, intend, by } = await stillWorld();
    intend('a', 'stopped');
    intend('b', 'stopped');
    const machine = `arn:aws:states:ca-central-1:111122223333:stateMachine:clinic-power`;
    const other = world.stepFunctions.start(machine, '{}', 'other');
    world.judge.disruptive('stop', 'a', by);
    record('LEASE', { owner: other.arn, purpose: 'power', fence: 2 });
    intend('a', 'stopped', other.arn);
    world.judge.disruptive('stop', 'a', { ...by, execution: other.arn });
    record('LEASE', { owner: 'run-1', purpose: 'power', fence: 3 });
    intend('b', 'stopped');

    expect(() => world.judge.disruptive('stop', 'b', by)).toThrow(/invariant 3 \(Mutex\)/);
  });
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
    at: '2026-12-01T00:07:00.000Z',
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
  expect(failure?.message).toContain('would stop a, which is meant to be otherwise');
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
    faults: [{ name: 'insufficient-capacity', at: '2026-11-30T22:00' }],
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
