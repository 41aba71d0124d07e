import { describe, expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import { planRows } from '../../simulator/report/plan-table.ts';
import { play, type Site, siteOf } from './support/play.ts';

/** Plays days and returns each planned change: when on the site's clock in UTC, and that it was done. */
async function changes(site: Site, from: string, days: number) {
  const result = await play(site, { from, days });
  expect(result.failure).toBeUndefined();
  const start = instantAt(from, site.timeZone);
  const end = new Date(start.getTime() + days * 86_400_000);
  const [, ...rows] = planRows(result, site.plan, start, end);
  expect(rows.filter(({ done }) => done === undefined || done > 20 * 60)).toEqual([]);
  return { result, rows: rows.map(({ wish, planned }) => `${wish} ${planned.slice(0, 16)}Z`) };
}

const everyDay = (from: string, to: string) => ({ windows: [{ from, to }] });

describe('a week in which the clocks change', () => {
  it('keeps 07:00 to 19:00 of Toronto, whose days are 23 hours long in spring', async () => {
    const toronto = siteOf({ schedule: everyDay('07:00', '19:00') });

    const { rows } = await changes(toronto, '2027-03-13T00:00', 3);

    expect(rows).toEqual([
      'running 2027-03-13T12:00Z',
      'stopped 2027-03-14T00:00Z',
      'running 2027-03-14T11:00Z',
      'stopped 2027-03-14T23:00Z',
      'running 2027-03-15T11:00Z',
      'stopped 2027-03-15T23:00Z',
    ]);
  });

  it('keeps the hours of Sydney, where autumn comes in April', async () => {
    const sydney = siteOf({
      region: 'ap-southeast-2',
      zones: ['ap-southeast-2a', 'ap-southeast-2b'],
      timeZone: 'Australia/Sydney',
      schedule: everyDay('07:00', '19:00'),
    });

    const { rows } = await changes(sydney, '2027-04-03T00:00', 2);

    expect(rows).toEqual([
      'running 2027-04-02T20:00Z',
      'stopped 2027-04-03T08:00Z',
      'running 2027-04-03T21:00Z',
      'stopped 2027-04-04T09:00Z',
    ]);
  });

  it('keeps the hours of Lord Howe, whose clocks move by 30 minutes', async () => {
    const lordHowe = siteOf({
      region: 'ap-southeast-2',
      zones: ['ap-southeast-2a', 'ap-southeast-2b'],
      timeZone: 'Australia/Lord_Howe',
      schedule: everyDay('07:00', '19:00'),
    });

    const { rows } = await changes(lordHowe, '2027-04-03T00:00', 2);

    expect(rows).toEqual([
      'running 2027-04-02T20:00Z',
      'stopped 2027-04-03T08:00Z',
      'running 2027-04-03T20:30Z',
      'stopped 2027-04-04T08:30Z',
    ]);
  });
});

it('does not lose a start inside the spring gap, although Scheduler skips its event', async () => {
  const site = siteOf({ schedule: everyDay('02:30', '12:00') });

  const { result, rows } = await changes(site, '2027-03-14T00:00', 1);

  // 02:30 does not exist: the clocks go from 01:59 EST to 03:00 EDT, which is 07:00 UTC.
  expect(rows[0]).toBe('running 2027-03-14T07:00Z');
  const events = result.entries.filter(
    ({ who, text }) => who === 'Scheduler' && text.includes('0230'),
  );
  expect(events).toEqual([]);
  const run = result.runs.find(({ startedAt }) => startedAt >= Date.parse('2027-03-14T07:00Z'));
  expect(run?.trigger).toBe('tick');
  expect((run?.startedAt ?? 0) - Date.parse('2027-03-14T07:00Z')).toBeLessThanOrEqual(120_000);
});

it('runs once through the hour that autumn repeats, and stops at its second end', async () => {
  const site = siteOf({ schedule: everyDay('22:00', '01:30') });

  const { rows } = await changes(site, '2026-10-31T12:00', 1);

  // 01:30 comes twice: at 05:30 UTC and at 06:30 UTC.
  expect(rows).toEqual(['running 2026-11-01T02:00Z', 'stopped 2026-11-01T06:30Z']);
});

it('keeps a window over midnight in one piece, on the day it begins', async () => {
  const site = siteOf({ schedule: { windows: [{ from: '22:00', to: '06:00', weekdays: 'fri' }] } });

  const { rows } = await changes(site, '2026-12-04T00:00', 3);

  expect(rows).toEqual(['running 2026-12-05T03:00Z', 'stopped 2026-12-05T11:00Z']);
});

it('stays closed on a holiday and says which', async () => {
  const site = siteOf({
    schedule: {
      windows: [{ from: '07:00', to: '19:00' }],
      exceptions: [{ dates: '12-25', name: 'Christmas Day' }],
    },
  });

  const { result, rows } = await changes(site, '2026-12-24T00:00', 3);

  expect(rows.map((row) => row.slice(0, 18))).toEqual([
    'running 2026-12-24',
    'stopped 2026-12-25',
    'running 2026-12-26',
    'stopped 2026-12-27',
  ]);
  const closing = result.deliveries.find(({ at }) => at.startsWith('2026-12-25T00'));
  expect(closing?.text).toContain('closed for Christmas Day until Sat 26 Dec 07:00');
});
