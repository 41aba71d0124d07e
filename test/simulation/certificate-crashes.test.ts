import { expect, it } from 'vitest';
import { everyCrash } from '../../simulator/explore/crashes.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { collected } from './support/collected.ts';
import { optionsOf, unwatched } from './support/play.ts';
import { always, dueScene, LOOK, renewedIn } from './support/renewals.ts';

/** A renewal that crashed is picked up by the tick, or at the latest by the next daily look. */
const PAST_NOON = 0.09;

it('comes through a crash after any call of a renewal of both nodes', async () => {
  const worlds: World[] = [];
  const scene = dueScene({ days: PAST_NOON });
  const options = optionsOf(unwatched(always), {
    ...scene,
    prepare: (world) => {
      worlds.push(world);
      scene.prepare(world);
    },
  });
  const from = instantAt(LOOK, always.timeZone);
  const span = { from, until: new Date(from.getTime() + 4 * 60_000) };

  const crashes = await collected(everyCrash(options, span));

  process.stdout.write(`a renewal of both nodes: ${crashes.length} crash points\n`);
  const [, ...played] = worlds;
  const named = crashes.map(({ call, label }) => `${call}: ${label}`);
  const broken = crashes.flatMap(({ result }, index) =>
    result.failure ? [`${named[index]}: ${result.failure.message}`] : [],
  );
  const behind = named.filter((_name, index) => renewedIn(played[index]).length < 2);
  expect(broken).toEqual([]);
  expect(behind).toEqual([]);
  expect(crashes.flatMap(({ result }) => result.unstruck)).toEqual([]);
  expect(new Set(crashes.map(({ label }) => label.split(' ')[0]))).toEqual(new Set(FUNCTIONS));
  expect(crashes.length).toBeGreaterThan(80);
});

const FUNCTIONS = [
  'certificate/begin',
  'certificate/look',
  'certificate/act',
  'certificate/sign',
  'certificate/verify',
  'certificate/report',
  'site/tick',
];
