import { expect, it } from 'vitest';
import { type Crash, everyCrash } from '../../simulator/explore/crashes.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { simulate } from '../../simulator/simulation.ts';
import { collected } from './support/collected.ts';
import { CLOSED, ends, OPEN } from './support/ends.ts';
import { oneAtNight, optionsOf, type Site, siteOf, unwatched } from './support/play.ts';

const clinic = unwatched(siteOf());

/** From a minute before the planned change, when the site is as planned, until all is done. */
const opening = {
  from: '2026-11-30T06:30',
  since: '2026-11-30T06:59',
  until: '2026-11-30T07:15',
  days: 0.055,
};
const closing = {
  from: '2026-11-30T18:50',
  since: '2026-11-30T18:59',
  until: '2026-11-30T19:15',
  days: 0.04,
};

const FUNCTIONS = ['power/begin', 'power/look', 'power/act', 'power/report', 'site/tick'];

const scenarios = [
  { what: 'the start of 07:00', site: clinic, when: opening, seeds: [1], planned: OPEN },
  { what: 'the stop of 19:00', site: clinic, when: closing, seeds: [1, 2], planned: CLOSED },
  {
    what: 'the stop of one node at 19:00',
    site: unwatched(oneAtNight()),
    when: closing,
    seeds: [1, 2],
    planned: { 'node b': 'stopped' },
  },
];

interface Scenario {
  readonly site: Site;
  readonly when: typeof opening;
}

const sceneOf = ({ site, when: { from, days } }: Scenario, seed: number) =>
  optionsOf(site, { from, days, seed });

const spanOf = ({ site, when: { since, until } }: Scenario) => ({
  from: instantAt(since, site.timeZone),
  until: instantAt(until, site.timeZone),
});

async function crashesOf(scenario: Scenario, seeds: readonly number[]): Promise<Crash[]> {
  const crashes: Crash[] = [];
  for (const seed of seeds) {
    crashes.push(...(await collected(everyCrash(sceneOf(scenario, seed), spanOf(scenario)))));
  }
  return crashes;
}

it.each(scenarios)('comes through a crash after any call during $what', async (scenario) => {
  const crashes = await crashesOf(scenario, scenario.seeds);

  process.stdout.write(`${scenario.what}: ${crashes.length} crash points\n`);
  const broken = crashes.filter(({ result }) => result.failure);
  const astray = crashes.filter(
    ({ result }) =>
      JSON.stringify(sorted(ends(result))) !== JSON.stringify(sorted(scenario.planned)),
  );
  const named = ({ call, label, result }: Crash) => `${call}: ${label}: ${result.failure?.message}`;
  expect(broken.map(named)).toEqual([]);
  expect(astray.map(named)).toEqual([]);
  expect(crashes.flatMap(({ result }) => result.unstruck)).toEqual([]);
  expect(new Set(crashes.map(({ label }) => label.split(' ')[0]))).toEqual(new Set(FUNCTIONS));
  expect(crashes.length).toBeGreaterThan(100);
});

it.each(scenarios)(
  'comes through two crashes in short succession during $what',
  async (scenario) => {
    const { planned } = scenario;
    const { from: at } = spanOf(scenario);
    const twice = Array.from({ length: 16 }, (_, index) => {
      const first = 1 + index * 4;
      return [first, first + 1 + (index % 3)];
    });

    for (const calls of twice) {
      const faults = calls.map((call) => ({
        name: 'killed-function' as const,
        on: `*#${call}`,
        at,
      }));
      const result = await simulate({ ...sceneOf(scenario, 1), faults });

      const which = `killed after the calls ${calls}`;
      expect(result.failure, which).toBeUndefined();
      expect(result.unstruck, which).toEqual([]);
      expect(ends(result), which).toEqual(planned);
    }
  },
);

const sorted = (states: Readonly<Record<string, string>>) => Object.entries(states).sort();
