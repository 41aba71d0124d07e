import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import type { Invocation } from '../../simulator/api.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { World } from '../../simulator/world.ts';
import { edited, play, siteOf } from './support/play.ts';

const site = siteOf();
const monday = '2026-11-30T00:00';

/** A world at a standstill, in which a test plants what the judge must notice. */
async function stillWorld() {
  const { world } = await World.load({
    directory: site.directory,
    plan: site.plan,
    from: instantAt(monday, site.timeZone),
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
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped');
    intend('b', 'running');
    world.ec2.instances.find(({ tags }) => tags['orthweb:node'] === 'b')?.host.shutDown();

    expect(() => world.judge.disruptive('stop', 'a', by)).toThrow(
      /invariant 1 \(Serving\) broken at 2026-11-30T05:00:00.000Z: power\/act for run-1 would take down node a/,
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
