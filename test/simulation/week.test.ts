import { expect, it } from 'vitest';
import { rehearse } from '../../simulator/rehearsal.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { planRows } from '../../simulator/report/plan-table.ts';
import { endings, play, siteOf, subjects } from './support/play.ts';

const site = siteOf();
const monday = '2026-11-30T00:00';

it('does each planned change of a week, with its reason, its phases and their seconds', async () => {
  const result = await play(site, { from: monday, days: 7 });

  const from = instantAt(monday, site.timeZone);
  const rows = planRows(result, site.plan, from, new Date(from.getTime() + 7 * 86_400_000));
  expect(result.failure).toBeUndefined();
  // The deployment, five openings and five closings.
  expect(rows.map(({ wish }) => wish)).toEqual([
    'stopped',
    ...Array(5).fill(['running', 'stopped']).flat(),
  ]);
  for (const row of rows) {
    expect(row.done).toBeGreaterThan(0);
    expect(row.done).toBeLessThan(20 * 60);
    expect(row.reason).not.toBe('');
    const names =
      row.wish === 'running'
        ? ['database', 'instances', 'checks']
        : ['drain', 'instances stop', 'database stop'];
    expect(row.phases.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  }
});

it('makes the first call within a minute of the event that says it is time', async () => {
  const result = await play(site, { from: monday, days: 7 });

  const triggers = result.entries.filter(
    ({ kind, who, text }) => kind === 'trigger' && who === 'Scheduler' && text.includes('Power'),
  );
  const workdays = triggers.filter(
    ({ at }) => new Date(at) < instantAt('2026-12-05T00:00', site.timeZone),
  );
  expect(workdays).toHaveLength(10);
  for (const { at } of workdays) {
    const call = result.entries.find((entry) => entry.kind === 'call' && entry.at >= at);
    const seconds = (new Date(call?.at ?? 0).getTime() - new Date(at).getTime()) / 1000;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  }
});

it('tells the operator once of each opening and closing, with the address that works', async () => {
  const result = await play(site, { from: monday, days: 2 });

  expect(subjects(result)).toEqual([
    expect.stringMatching(/^\[clinic\] Closed as planned until Mon 30 Nov 07:00/),
    expect.stringMatching(/^\[clinic\] OPEN - use https:\/\/ec2-/),
    expect.stringMatching(/^\[clinic\] Closed as planned until Tue 1 Dec 07:00/),
    expect.stringMatching(/^\[clinic\] OPEN - use https:\/\/ec2-/),
    expect.stringMatching(/^\[clinic\] Closed as planned until Wed 2 Dec 07:00/),
  ]);
});

it('leaves a weekend alone: the schedule looks, and there is nothing to do', async () => {
  const result = await play(site, { from: '2026-12-05T00:00', days: 2 });

  expect(endings(result)).toEqual(['Site As Wished']);
  // Twice a day the schedule of the site, and once that of its certificates.
  expect(result.runs.slice(1).map(({ state, transitions }) => [state, transitions])).toEqual(
    Array(6).fill(['Nothing To Do', 3]),
  );
});

it('plays the same seed twice to the same trace, and another seed to another', async () => {
  const options = { from: monday, days: 3 };

  const [one, again, other] = [
    await play(site, options),
    await play(site, options),
    await play(site, { ...options, seed: 2 }),
  ];

  expect(JSON.stringify(again)).toBe(JSON.stringify(one));
  expect(JSON.stringify(other)).not.toBe(JSON.stringify(one));
});

it('breaks invariant 14 when the same seed gives another trace', async () => {
  let plays = 0;

  const result = await rehearse({
    directory: site.directory,
    plan: site.plan,
    from: instantAt(monday, site.timeZone),
    days: 1,
    seed: 1,
    faults: [],
    prepare: (world) => {
      plays++;
      world.clock.after(1000, () =>
        world.trace.add('world', 'somebody', `play ${plays}`, 'planted'),
      );
    },
  });

  expect(result.failure?.message).toContain('invariant 14');
  expect(result.failure).toMatchObject({ name: 'InvariantBroken', invariant: 14 });
  expect(result.failure?.message).toContain('play 1');
});

it('decides the same whether quiet ticks are played or passed over', async () => {
  const options = { from: '2026-12-04T00:00', days: 4 };

  const passedOver = await play(site, options);
  const played = await play(site, { ...options, skipQuietTicks: false });

  expect(played.ticks).toEqual({
    run: passedOver.ticks.run + passedOver.ticks.skipped,
    skipped: 0,
  });
  expect(passedOver.ticks.skipped).toBeGreaterThan(5000);
  expect({ ...played, ticks: undefined }).toEqual({ ...passedOver, ticks: undefined });
});
