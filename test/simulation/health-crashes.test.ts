import { expect, it } from 'vitest';
import { everyCrash } from '../../simulator/explore/crashes.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { collected } from './support/collected.ts';
import { optionsOf, siteOf } from './support/play.ts';

const site = siteOf();
const at = (local: string): Date => instantAt(local, site.timeZone);

it('an incident is told once, and is told to be over, though who looks dies after any of its calls', async () => {
  const scene = optionsOf(site, {
    from: '2026-11-30T14:00',
    days: 0.016,
    certificates: 'issued',
    faults: [{ name: 'dead-container', on: 'a=nginx', at: '2026-11-30T14:08', minutes: 3 }],
  });

  const crashes = await collected(
    everyCrash(scene, { from: at('2026-11-30T14:08'), until: at('2026-11-30T14:10') }),
  );

  process.stdout.write(`an incident: ${crashes.length} crash points\n`);
  const named = crashes.map(({ call, label }) => `${call}: ${label}`);
  const broken = crashes.flatMap(({ result }, index) =>
    result.failure ? [`${named[index]}: ${result.failure.message}`] : [],
  );
  const kinds = crashes.map(({ result }) =>
    [...new Set(result.deliveries.map(({ attributes }) => attributes.kind))]
      .filter((kind) => kind !== 'ALARM')
      .join(' '),
  );
  expect(broken).toEqual([]);
  // One may be mailed twice, where who mailed it died before it had noted that.
  expect(new Set(kinds)).toEqual(new Set(['STARTED OPENED RECOVERED']));
  expect(new Set(crashes.map(({ label }) => label.split(' ')[0]))).toEqual(
    new Set(['health/observe', 'health/probe', 'site/tick']),
  );
  expect(crashes.length).toBeGreaterThan(30);
});
