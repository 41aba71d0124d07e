import { describe, expect, it } from 'vitest';
import type { Execution } from '../../simulator/services/step-functions/step-functions.ts';
import { clinic } from './support/faulted.ts';
import { oneAtNight } from './support/play.ts';
import { found, RUN, start, stillWorld, stop } from './support/still-world.ts';

describe('a disruptive call', () => {
  it('of a node that has a plan, an intent and the lease behind it is fine', async () => {
    const { world, intend, by } = await stillWorld();
    intend('a', 'stopped');
    intend('b', 'stopped');

    world.judge.disruptive(stop('a'), by);

    expect(found(world)).toEqual([]);
  });

  it('that takes down the last node that serves breaks Serving', async () => {
    const { world, intend, by } = await stillWorld(oneAtNight());
    intend('b', 'stopped');
    world.site.node('a')?.host.shutDown();

    world.judge.disruptive(stop('b'), by);

    expect(found(world)).toEqual([
      `invariant 1 (Serving) broken at 2026-11-30T05:00:00.000Z: power/act for ${RUN} makes stop ` +
        'on node b, the last one that serves',
    ]);
  });

  it('that stops the database while the nodes are meant to run breaks Intent', async () => {
    const { world, intend, by } = await stillWorld(clinic, '2026-11-30T12:00');
    intend('database', 'stopped');

    world.judge.disruptive(stop('database'), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 2 \(Intent\).* on database,/)]);
  });

  it('that has an intent but no plan behind it breaks Intent: the record alone is not the plan', async () => {
    const { world, intend, by } = await stillWorld(clinic, '2026-11-30T12:00');
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
    const { world, intend, by } = await stillWorld(oneAtNight());
    intend('b', 'stopped');
    if (drained) world.site.node('b')?.host.run('drain', () => {});

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
    const { world, intend, by } = await stillWorld(clinic, '2026-11-30T12:00');
    intend('a', 'running');
    world.site.database.fail(1);

    world.judge.disruptive(start('a'), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 7 \(Shared\).* the database$/)]);
  });

  it('for the 21st time within an hour breaks Bounds', async () => {
    const { world, intend, by } = await stillWorld(clinic, '2026-11-30T12:00');
    intend('a', 'running');

    for (let time = 0; time < 20; time++) world.judge.disruptive(start('a'), by);
    expect(found(world)).toEqual([]);
    world.judge.disruptive(start('a'), by);

    expect(found(world)).toEqual([
      expect.stringMatching(/invariant 8 \(Bounds\).*, 21 times within/),
    ]);
  });

  it('that AWS refuses 21 times within an hour breaks Bounds as well', async () => {
    const { world, by } = await stillWorld(clinic, '2026-11-30T12:00');
    const targets = () => ['a'];
    const call = { service: 'ec2', operation: 'StartInstances', by, targets } as const;

    for (let time = 0; time < 20; time++) world.judge.tried(call);
    expect(found(world)).toEqual([]);
    world.judge.tried(call);

    expect(found(world)).toEqual([
      expect.stringMatching(/invariant 8 .* tries ec2:StartInstances/),
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
