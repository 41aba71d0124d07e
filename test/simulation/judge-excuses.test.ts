import { expect, it } from 'vitest';
import { doubled } from '../../simulator/rehearsal.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { simulate } from '../../simulator/simulation.ts';
import type { World } from '../../simulator/world.ts';
import { clinic } from './support/faulted.ts';
import { edited, optionsOf, play, siteOf } from './support/play.ts';

const at = (local: string): number => instantAt(local, clinic.timeZone).getTime();

const hostsDie = ({ clock, ec2 }: World) => {
  clock.at(at('2026-11-30T10:10'), () => {
    for (const { host } of ec2.instances) host.shutDown();
  });
};

it('excuses no dead hosts by a clock that is a second off all day', async () => {
  const { failure } = await play(clinic, {
    from: '2026-11-30T07:00',
    days: 0.4,
    faults: [{ name: 'skewed-clock', on: 'site/tick=+1', at: '2026-11-30T07:30', minutes: 600 }],
    prepare: hostsDie,
  });

  expect(failure).toMatchObject({ name: 'InvariantBroken', invariant: 15 });
});

it.each(['00:15', '00:19'])(
  'judges an opening at %s by its own twenty minutes, and not by those of midnight',
  async (from) => {
    const early = siteOf({ schedule: { windows: [{ from, to: '19:00' }] } });

    const { failure } = await play(early, { from: '2026-11-30T00:00', days: 0.1 });

    expect(failure).toBeUndefined();
  },
);

it('starts no new twenty minutes when the same plan is deployed again', async () => {
  const { failure, deliveries } = await play(clinic, {
    from: '2026-11-30T06:30',
    days: 0.1,
    faults: [
      { name: 'slow-database', at: '2026-11-30T06:59', minutes: 40 },
      { name: 'deploy', at: '2026-11-30T07:17' },
    ],
  });

  expect(failure).toBeUndefined();
  expect(deliveries.map(({ attributes }) => attributes.kind)).toContain('LATE');
});

it('ends several faults of one kind one by one', async () => {
  const answers: boolean[] = [];
  const look = ({ clock, site }: World) => {
    for (const local of ['2026-11-30T09:12', '2026-11-30T09:22', '2026-11-30T09:31']) {
      clock.at(at(local), () => answers.push(site.database.available));
    }
  };

  await play(clinic, {
    from: '2026-11-30T07:00',
    days: 0.12,
    faults: [
      { name: 'failing-database', at: '2026-11-30T09:10', minutes: 10 },
      { name: 'failing-database', at: '2026-11-30T09:15', minutes: 15 },
    ],
    prepare: look,
  });

  expect(answers).toEqual([false, false, true]);
});

it('keeps a host dead that hangs before its node is started', async () => {
  const serving: (boolean | undefined)[] = [];
  const look = ({ clock, site }: World) => {
    for (const local of ['2026-11-30T07:18', '2026-11-30T07:30']) {
      clock.at(at(local), () => serving.push(site.node('a')?.host.serves));
    }
  };

  await play(clinic, {
    from: '2026-11-30T06:30',
    days: 0.05,
    faults: [{ name: 'dead-host', on: 'a', at: '2026-11-30T06:59', minutes: 20 }],
    prepare: look,
  });

  expect(serving).toEqual([false, true]);
});

it('gives an execution the true time of its start, whatever the clock of who started it', async () => {
  const { runs } = await play(clinic, {
    from: '2026-11-30T06:30',
    days: 0.05,
    faults: [
      { name: 'lost-events', on: 'schedule', at: '2026-11-30T06:59' },
      { name: 'skewed-clock', on: 'site/tick=+300', at: '2026-11-30T06:59', minutes: 5 },
    ],
  });

  const run = runs.find(
    ({ trigger, startedAt }) => trigger === 'tick' && startedAt > at('2026-11-30T06:59'),
  );
  const carried = run?.output as { readonly run: { readonly beganAt: string } } | undefined;
  const began = Date.parse(carried?.run.beganAt ?? '');
  expect(Math.abs(began - (run?.startedAt ?? 0))).toBeLessThan(1000);
});

it('sounds no alarm that a deployment has taken away', async () => {
  const quiet = edited(clinic, ({ Resources }) => {
    for (const [id, { Type }] of Object.entries(Resources)) {
      if (Type === 'AWS::CloudWatch::Alarm') delete Resources[id];
    }
  });
  const fail = ({ clock, cloudwatch, stepFunctions }: World) =>
    clock.at(at('2026-11-30T08:00'), () => {
      const StateMachineArn = stepFunctions.executions[0]?.machine ?? '';
      cloudwatch.count('AWS/States', 'ExecutionsFailed', { StateMachineArn });
    });
  const scene = { from: '2026-11-30T06:30', days: 0.08 } as const;
  const faults = [{ name: 'deploy', at: '2026-11-30T07:30' }] as const;
  const sounded = async (deployment: typeof clinic) => {
    const prepare = (world: World) => void fail(world);
    const { entries } = await play(clinic, { ...scene, faults, prepare, deployment });
    return entries.filter(({ kind }) => kind === 'alarm').map(({ who }) => who);
  };

  const [kept, taken] = [await sounded(clinic), await sounded(quiet)];

  expect(kept).toContain('OrthwebOperations/Power/Failed');
  expect(taken).toEqual([]);
});

it('lets no break pass that only doubled events bring about', async () => {
  const scene = optionsOf(clinic, { from: '2026-11-30T06:30', days: 0.05 });
  const plain = await simulate(scene);
  const prepare = ({ judge }: World) => judge.permission('planted in this play alone');

  const play = await doubled({ ...scene, prepare }, plain);

  expect(plain.failure).toBeUndefined();
  expect(play.failure?.message).toContain('planted in this play alone');
});
