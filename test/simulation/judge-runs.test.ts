import { expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { Execution } from '../../simulator/services/step-functions/step-functions.ts';
import { clinic } from './support/faulted.ts';
import { edited, oneAtNight, play } from './support/play.ts';
import { found, stillWorld } from './support/still-world.ts';

it('breaks Liveness when a run outlives the longest time-out of a workflow', async () => {
  const { world } = await stillWorld(oneAtNight());
  world.judge.executionStarted({ arn: 'run-9', status: 'RUNNING' } as Execution);

  await world.clock.runUntil(new Date(world.clock.now + 61 * 60_000), () => {});

  expect(found(world)).toContainEqual(
    expect.stringMatching(/invariant 11 \(Liveness\).* 60 minutes$/),
  );
});

it('breaks Lease when a run that ended still holds it after five minutes', async () => {
  const untended = edited(clinic, ({ Resources }) => {
    for (const id of Object.keys(Resources)) {
      if (id.startsWith('SiteEachMinute') || id.startsWith('SiteRunEnded')) delete Resources[id];
    }
  });

  const { failure } = await play(untended, {
    from: '2026-11-30T18:30',
    days: 0.1,
    prepare: ({ clock, stepFunctions }) => {
      clock.at(instantAt('2026-11-30T19:02', clinic.timeZone).getTime(), () =>
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
