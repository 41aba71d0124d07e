import { expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import { clinic } from './support/faulted.ts';
import { edited, play, siteOf } from './support/play.ts';

const monday = '2026-11-30T00:00';

it('breaks Plan when nothing is done and nobody is told', async () => {
  const idle = edited(clinic, ({ Resources }) => {
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
      world.site.faults.databaseStart = () => 6 * 3_600_000;
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
  const { failure } = await play({ ...lunch, plan: clinic.plan }, { from: monday, days: 1 });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 2 });
  expect(failure?.message).toContain('makes drain on node a, which is meant to be otherwise');
});

it('breaks Plan between two planned changes when something is amiss for twenty minutes', async () => {
  const { failure } = await play(clinic, {
    from: '2026-11-30T07:00',
    days: 0.4,
    prepare: ({ clock, ec2 }) => {
      clock.at(instantAt('2026-11-30T10:10', clinic.timeZone).getTime(), () => {
        for (const { host } of ec2.instances) host.shutDown();
      });
    },
  });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 15 });
  expect(failure?.message).toContain('nothing was planned then');
});

it('does not let a fault of tomorrow excuse today', async () => {
  const { failure } = await play(clinic, {
    from: monday,
    days: 1,
    faults: [{ name: 'insufficient-capacity', on: 'a', at: '2026-11-30T22:00' }],
    prepare: (world) => {
      world.site.faults.databaseStart = () => 6 * 3_600_000;
    },
  });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 15 });
});

it('reports a fault that struck nothing', async () => {
  const { unstruck } = await play(clinic, {
    from: '2026-12-05T00:00',
    days: 1,
    faults: [{ name: 'slow-database', at: '2026-12-05T07:00' }],
  });

  expect(unstruck.map(({ name }) => name)).toEqual(['slow-database']);
});
