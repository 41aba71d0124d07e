import { describe, expect, it } from 'vitest';
import type { Run } from '../../functions/certificate/run.ts';
import type { World } from '../../simulator/world.ts';
import { edited, type Template } from './support/play.ts';
import { always, at, BOTH, LOOK, look, renewing } from './support/renewals.ts';

describe('a renewal that is asked for more than once', () => {
  it('is one renewal where the same execution is started twice', async () => {
    const { renewed, runs, sent } = await renewing({
      prepare: (world) =>
        at(world, LOOK, () => {
          look(world, {}, 'one');
          look(world, {}, 'one');
        }),
    });

    expect(runs).toHaveLength(1);
    expect(sent).toEqual(BOTH);
    expect(renewed).toEqual(['a', 'b']);
  });

  it.each([0, 3, 40])('is one renewal where the second comes %i seconds later', async (later) => {
    const { renewed, runs, sent } = await renewing({
      prepare: (world) => {
        at(world, LOOK, () => look(world, {}, 'one'));
        at(world, LOOK, () => look(world, {}, 'two'), later);
      },
    });

    expect(runs.map(({ state }) => state).sort()).toEqual([
      'Certificates Looked After',
      'Nothing To Do',
    ]);
    expect(sent).toEqual(BOTH);
    expect(renewed).toEqual(['a', 'b']);
  });
});

describe('a run that is gone with the lease', () => {
  it.each([1, 8, 14, 30, 80, 95])(
    'after %i seconds leaves what another run brings to its end',
    async (seconds) => {
      const { renewed, runs, world } = await renewing({
        days: 0.05,
        prepare: (of) => {
          at(of, LOOK, () => look(of, {}, 'gone'));
          at(of, LOOK, () => of.stepFunctions.executions.at(-1)?.abort(), seconds);
          at(of, LOOK, () => look(of, {}, 'next'), seconds + 5);
        },
      });

      expect(runs[0]?.status).toBe('ABORTED');
      expect(renewed).toEqual(['a', 'b']);
      expect(world.site.truth().get('LEASE')).not.toHaveProperty('owner');
    },
  );

  it('can install nothing once the lease has passed on', async () => {
    const acts: { readonly run: Run }[] = [];
    let refusal: unknown;

    const { runs } = await renewing({
      days: 0.02,
      prepare: (world) => {
        const { lambda, stepFunctions } = world;
        stepFunctions.heard = (event) => {
          const { type, state } = event as { type: string; state?: { name: string; input: never } };
          if (type === 'StateEntered' && state?.name === 'Act') acts.push(state.input);
        };
        at(world, LOOK, () => look(world, {}, 'zombie'));
        at(world, LOOK, () => stepFunctions.executions.at(-1)?.abort(), 20);
        at(world, LOOK, () => look(world, {}, 'thief'), 200);
        // As if the function had slept since its run was aborted, with evidence that is fresh.
        at(
          world,
          LOOK,
          () => {
            const its = acts.filter(({ run }) => run.execution.endsWith(':zombie'));
            const late = fresh(its.at(-1)?.run, world.clock.iso());
            const fn = functionOf(world, 'certificate/act');
            lambda.invoke(fn, late, 'zombie').catch((error) => {
              refusal = error;
            });
          },
          215,
        );
      },
    });

    expect(runs.map(({ name }) => name)).toEqual(['zombie', 'thief']);
    expect(refusal).toMatchObject({ name: 'NotAllowed' });
  });
});

/** What a run knew, as if it had seen it just now. */
function fresh(run: Run | undefined, at: string) {
  const seen = Object.fromEntries(
    Object.entries(run?.progress.seen ?? {}).map(([node, sight]) => [node, { ...sight, at }]),
  );
  return { run: { ...run, seenAt: at, progress: { ...run?.progress, seen } } };
}

function functionOf({ site: { assembly } }: World, handler: string): string {
  const fn = assembly
    .resources('AWS::Lambda::Function')
    .find((one) => one.text('Handler') === `${handler}.handler`);
  return String(fn && assembly.names(fn).attributes?.Arn);
}

const KINDS = ['schedule', 'tick', 'rules'] as const;

it.each([
  { name: 'doubled-events', kinds: KINDS },
  { name: 'late-events', kinds: KINDS },
  { name: 'reordered-events', kinds: KINDS },
  // Where no event sets a run going there is none that could be lost at its end.
  { name: 'lost-events', kinds: ['schedule', 'tick'] },
] as const)('comes to the same end with $name', async ({ name, kinds }) => {
  const faults = kinds.map((on) => ({ name, on, at: '2026-11-30T11:55', minutes: 30 }));

  const { renewed, sent } = await renewing({
    from: '2026-11-30T11:50',
    days: 1.2,
    faults,
    prepare: () => {},
  });

  expect(sent).toEqual(BOTH);
  expect(renewed).toEqual(['a', 'b']);
});

it('sounds an alarm when nobody has looked for two days', async () => {
  const silent = edited(always, ({ Resources }: Template) => {
    for (const [id, { Type }] of Object.entries(Resources)) {
      if (Type === 'AWS::Scheduler::Schedule') delete Resources[id];
    }
  });

  const { mails, sent } = await renewing({ days: 2.2, prepare: () => {} }, silent);

  expect(sent).toEqual([]);
  expect(mails.map(({ subject }) => subject)).toContain(
    'ALARM: "OrthwebOperations/Certificate/Unchecked"',
  );
});
