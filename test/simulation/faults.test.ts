import { describe, expect, it } from 'vitest';
import type { SimulationResult } from '../../simulator/simulation.ts';
import { play, siteOf, subjects } from './support/play.ts';

const site = siteOf();
const from = '2026-11-30T00:00';
const seeds = [1, 2, 3, 4, 5];

const during = (result: SimulationResult, first: string, last: string) =>
  result.deliveries.filter(({ at }) => at >= first && at < last);

describe.each(seeds)('seed %i', (seed) => {
  it('comes through 25 minutes without capacity: node b opens alone, one notice, node a follows', async () => {
    const faults = [{ name: 'insufficient-capacity', on: 'a', at: '2026-11-30T07:00' }] as const;

    const result = await play(site, { from, days: 1, seed, faults });

    expect(result.failure).toBeUndefined();
    const morning = during(result, '2026-11-30T12:00', '2026-11-30T13:00');
    const b = result.entries.find(
      ({ who, text, at }) => who === 'node b' && text === 'running' && at > '2026-11-30T12',
    );
    const a = result.entries.find(
      ({ who, text, at }) => who === 'node a' && text === 'running' && at > '2026-11-30T12',
    );
    expect(morning.map(({ attributes }) => attributes.kind)).toEqual(['LATE', 'STARTED']);
    expect((b?.at ?? '') < '2026-11-30T12:15').toBe(true);
    expect((a?.at ?? '') > '2026-11-30T12:25').toBe(true);
    expect(morning[0]?.subject).toMatch(/^\[clinic\] LATE - use https:\/\/ec2-.*\.amazonaws\.com$/);
    expect(morning[0]?.text).toMatch(/^LATE: start of Mon 30 Nov 07:00 - use https:\/\/ec2-/);
    expect(morning[0]?.text).toContain('InsufficientInstanceCapacity');
    expect(morning[0]?.text).toContain('Node b');
    expect(morning[0]?.text).not.toContain('Node a');
  });

  it('comes through a database of 25 minutes: told at 15, open when it is there', async () => {
    const faults = [{ name: 'slow-database', at: '2026-11-30T07:00' }] as const;

    const result = await play(site, { from, days: 1, seed, faults });

    expect(result.failure).toBeUndefined();
    const morning = during(result, '2026-11-30T12:00', '2026-11-30T13:00');
    expect(morning.map(({ attributes }) => attributes.kind)).toEqual(['LATE', 'STARTED']);
    expect(morning[0]?.subject).toBe(
      '[clinic] LATE: start of Mon 30 Nov 07:00 - no address is proven to work',
    );
    expect(morning[0]?.text).toContain('the database is starting');
    expect(morning[0]?.at.slice(0, 15)).toBe('2026-11-30T12:1');
    expect(morning[1]?.text).toContain('you were told at Mon 30 Nov 07:1');
  });

  it('comes through a lost schedule event: the tick starts the run within two minutes', async () => {
    const faults = [{ name: 'lost-events', on: 'schedule', at: '2026-11-30T07:00' }] as const;

    const result = await play(site, { from, days: 1, seed, faults });

    expect(result.failure).toBeUndefined();
    const planned = Date.parse('2026-11-30T12:00Z');
    const run = result.runs.find(({ startedAt }) => startedAt >= planned);
    const call = result.entries.find(
      ({ kind, at }) => kind === 'call' && Date.parse(at) >= planned,
    );
    expect(run?.trigger).toBe('tick');
    expect(Date.parse(call?.at ?? '') - planned).toBeLessThanOrEqual(120_000);
    expect(subjects(result).filter((subject) => subject.includes('LATE'))).toEqual([]);
  });
});

it('opens in the end when there is neither capacity, nor a quick database, nor an event', async () => {
  const at = '2026-11-30T07:00';
  const faults = [
    { name: 'insufficient-capacity', on: 'a', at },
    { name: 'slow-database', at },
    { name: 'lost-events', on: 'schedule', at },
  ] as const;

  const result = await play(site, { from, days: 1, faults });

  expect(result.failure).toBeUndefined();
  const kinds = during(result, '2026-11-30T12:00', '2026-11-30T14:00').map(
    ({ attributes }) => attributes.kind,
  );
  expect(kinds).toEqual(['LATE', 'STARTED']);
});

it('decides the same under a fault whether quiet ticks are played or passed over', async () => {
  const faults = [{ name: 'lost-events', on: 'schedule', at: '2026-11-30T07:00' }] as const;

  const passedOver = await play(site, { from, days: 1, faults });
  const played = await play(site, { from, days: 1, faults, skipQuietTicks: false });

  expect(played.entries).toEqual(passedOver.entries);
  expect(played.deliveries).toEqual(passedOver.deliveries);
});

it('plays each tick of a quiet time that a fault may strike', async () => {
  const faults = [
    { name: 'killed-function', on: 'site/tick#7', at: '2026-11-30T10:00' },
    { name: 'doubled-events', on: 'tick', at: '2026-11-30T11:00' },
  ] as const;

  const passedOver = await play(site, { from, days: 0.5, faults });
  const played = await play(site, { from, days: 0.5, faults, skipQuietTicks: false });

  // A tick makes two calls, so the seventh is that of the fourth minute.
  const [killed] = passedOver.entries.filter(({ text }) => text.startsWith('killed-function'));
  expect(killed?.at.slice(11, 16)).toBe('15:03');
  expect(passedOver.unstruck).toEqual([]);
  expect(played.entries).toEqual(passedOver.entries);
});
