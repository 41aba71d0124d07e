import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wishes } from '../../../functions/power/wishes.ts';
import { CLOCKS } from '../../../functions/shared/clocks.ts';
import { decide, type Sight } from '../../../functions/site/decide.ts';
import { CLOSED, NIGHT, OPEN, OTHER, plan } from '../support/power.ts';
import {
  certified,
  freeLease,
  type Items,
  intent,
  intents,
  lease,
  override,
  reached,
  siteState,
} from '../support/site.ts';
import { at, iso, secondsAfter } from '../support/time.ts';

const FREE: Sight['lease'] = { state: 'free', reason: 'the lease is free' };
const HELD: Sight['lease'] = { state: 'held', reason: 'the power run other is at work' };

/** What the tick decides at a time about a table with these items. */
function tick(time: string, items: Items, more: Partial<Sight> = {}) {
  const now = at(time);
  const site = siteState(items);
  const wish = wishes(plan(), site.override?.value, now);
  return decide(site, { now, wish, lease: FREE, database: 'available', ...more });
}

const asleep = { ...reached(CLOSED), ...freeLease('2026-11-22T19:06') };
const awake = { ...reached(OPEN), ...certified(), ...freeLease('07:06') };

describe('a site that is as wished', () => {
  it('is left alone, and stays so until the next planned change', () => {
    const verdict = tick('12:00', awake);

    expect(verdict).toEqual({
      sweepLease: false,
      reopenDatabase: undefined,
      startPower: false,
      startCertificate: undefined,
      tellLate: false,
      reason: 'as wished: the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
      quietUntil: iso('19:00'),
    });
  });

  it('stays so until an override begins, if that is sooner', () => {
    const asked = override({ wish: 'stopped', from: iso('13:00'), until: iso('14:00') });

    const verdict = tick('12:00', { ...awake, OVERRIDE: asked });

    expect(verdict.quietUntil).toBe(iso('13:00'));
  });

  it('stays so until certificates are to be looked at where nothing is planned', () => {
    const { schedule, ...always } = plan();
    const wish = wishes({ ...always, schedule: undefined }, undefined, at('12:00'));

    const verdict = tick('12:00', awake, { wish });

    expect(verdict.quietUntil).toBe('2026-11-24T09:05:00.000Z');
  });

  it.each([
    ['its lease is held', lease({ owner: OTHER })],
    ['an alert is not published', { 'OUTBOX#x': {} }],
  ])('is not quiet while %s', (_, items) => {
    const verdict = tick('12:00', { ...awake, ...items });

    expect(verdict).not.toHaveProperty('quietUntil');
    expect(verdict.startPower).toBe(false);
  });
});

describe('a planned change', () => {
  it('is left to its own event for 45 seconds', () => {
    const verdict = tick('07:00:44', asleep);

    expect(verdict).toMatchObject({ startPower: false, reason: 'looks again in 1 s' });
    expect(verdict).not.toHaveProperty('quietUntil');
  });

  it('is taken up by the tick when no run has', () => {
    const verdict = tick('07:00:45', asleep);

    expect(verdict).toMatchObject({
      startPower: true,
      tellLate: false,
      reason: expect.stringMatching(/^no run has taken up the change: the window .* is open/),
    });
  });

  it('is taken up even when its instant was hours ago', () => {
    const verdict = tick('11:00', asleep);

    expect(verdict).toMatchObject({ startPower: true, tellLate: false });
  });

  it('does not wait out the pause after an older run', () => {
    const verdict = tick('07:01', { ...asleep, ...freeLease('07:00:30') });

    expect(verdict.startPower).toBe(true);
  });

  it('waits for the lease', () => {
    const verdict = tick('07:01', { ...asleep, ...lease({ owner: OTHER }) }, { lease: HELD });

    expect(verdict).toMatchObject({
      startPower: false,
      sweepLease: false,
      reason: 'the power run other is at work',
    });
  });

  it('that came with a deployment is taken up at once', () => {
    const first = tick('09:00', {});
    const changed = tick('09:00', { ...reached(NIGHT), ...freeLease('07:06') });

    expect(first).toMatchObject({
      startPower: true,
      tellLate: false,
      reason: expect.stringMatching(/^the first run after a deployment: /),
    });
    expect(changed).toMatchObject({ startPower: true, tellLate: false });
  });
});

describe('a run that did not reach its goal', () => {
  const open = { ...reached(OPEN), 'INTENT#b': intent(), ...freeLease('07:40:10') };

  it('is followed by another after five minutes', () => {
    const early = tick('07:45:09', open);
    const due = tick('07:45:10', open);

    expect(early).toMatchObject({ startPower: false, reason: 'looks again in 1 s' });
    expect(due).toMatchObject({
      startPower: true,
      reason: expect.stringMatching(/^the last run did not reach its goal: /),
    });
  });

  it('is not followed while another is at it', () => {
    const verdict = tick('07:50', { ...open, ...lease({ owner: OTHER }) }, { lease: HELD });

    expect(verdict.startPower).toBe(false);
  });

  it('is followed at once when its lease had to be swept', () => {
    const verdict = tick('07:50', { ...open, ...lease({ owner: OTHER }) });

    expect(verdict).toMatchObject({ sweepLease: true, startPower: true });
  });
});

describe('the lease', () => {
  it('is swept when its owner has ended without giving it back', () => {
    const verdict = tick('12:00', { ...awake, ...lease({ owner: OTHER }) });

    expect(verdict.sweepLease).toBe(true);
  });

  it('is not swept when it is free already, nor while it is held', () => {
    const free = tick('12:00', awake);
    const held = tick('12:00', { ...awake, ...lease({ owner: OTHER }) }, { lease: HELD });

    expect([free.sweepLease, held.sweepLease]).toEqual([false, false]);
  });
});

describe('a change that is late', () => {
  const stuck = { ...asleep, ...lease({ owner: OTHER }) };
  const late = (time: string, items: Items) => tick(time, items, { lease: HELD }).tellLate;

  it('is told by the tick after 17 minutes when no run has told it', () => {
    const verdicts = [late('07:16:59', stuck), late('07:17', stuck)];

    expect(verdicts).toEqual([false, true]);
  });

  it('is told of a run under way, too: it may be dead', () => {
    const verdict = late('07:17', { ...intents(OPEN), ...lease({ owner: OTHER }) });

    expect(verdict).toBe(true);
  });

  it('is told once for its instant', () => {
    const told = (plannedFor: string) => ({ LATE: { plannedFor, toldAt: iso('07:15') } });

    const verdicts = [
      late('07:20', { ...stuck, ...told(iso('07:00')) }),
      late('07:20', { ...stuck, ...told(iso('06:00')) }),
    ];

    expect(verdicts).toEqual([false, true]);
  });

  it('is not one that a deploy has brought', () => {
    const verdict = late('09:00', { ...reached(NIGHT), ...lease({ owner: OTHER }) });

    expect(verdict).toBe(false);
  });
});

describe('a database that AWS has started by itself', () => {
  const night = { now: at('20:00'), lease: FREE };

  it('is stopped again: its intent is reopened and a run started', () => {
    const verdict = tick('20:00', asleep, { ...night, database: 'available' });

    expect(verdict).toMatchObject({
      reopenDatabase: expect.any(String),
      startPower: true,
      reason: 'AWS has started the database by itself; it is to be stopped again',
    });
    expect(verdict).not.toHaveProperty('quietUntil');
  });

  it.each(['stopped', 'starting', 'configuring-enhanced-monitoring'])(
    'is not one that is %s',
    (database) => {
      const verdict = tick('20:00', asleep, { database });

      expect(verdict).toMatchObject({ reopenDatabase: undefined, startPower: false });
    },
  );

  it('waits for the lease, and is reopened all the same', () => {
    const verdict = tick('20:00', { ...asleep, ...lease({ owner: OTHER }) }, { lease: HELD });

    expect(verdict).toMatchObject({ reopenDatabase: expect.any(String), startPower: false });
  });

  it('is not one that has yet to be stopped, nor one that is meant to run', () => {
    const stopping = tick('20:00', { ...intents(CLOSED), ...freeLease('19:01') });
    const open = tick('12:00', awake);

    expect([stopping.reopenDatabase, open.reopenDatabase]).toEqual([undefined, undefined]);
  });

  it('is not one that runs because the site has been open until now', () => {
    const verdict = tick('19:01', awake);

    expect(verdict).toMatchObject({ reopenDatabase: undefined, startPower: true });
  });
});

describe('a database that was stopped outside the plan', () => {
  it('is started again: its intent is reopened and a run started', () => {
    const verdict = tick('12:00', awake, { database: 'stopped' });

    expect(verdict).toMatchObject({
      reopenDatabase: expect.any(String),
      startPower: true,
      reason: 'the database has been stopped outside the plan; it is to run',
    });
    expect(verdict).not.toHaveProperty('quietUntil');
  });

  it.each(['available', 'starting', 'stopping', 'backing-up', 'failed', 'missing', 'unknown'])(
    'is not one that is %s',
    (database) => {
      const verdict = tick('12:00', awake, { database });

      expect(verdict).toMatchObject({ reopenDatabase: undefined, startPower: false });
    },
  );

  it('is not one that has yet to be started, nor one that is meant to be stopped', () => {
    const starting = tick(
      '12:00',
      { ...intents(OPEN), ...lease({ owner: OTHER }) },
      { lease: HELD, database: 'stopped' },
    );
    const night = tick('20:00', asleep, { database: 'stopped' });

    expect([starting.reopenDatabase, night.reopenDatabase]).toEqual([undefined, undefined]);
  });

  it('is not one that is stopped because the site has been closed until now', () => {
    const verdict = tick('07:01', asleep, { database: 'stopped' });

    expect(verdict).toMatchObject({
      reopenDatabase: undefined,
      startPower: true,
      reason: expect.stringMatching(/^no run has taken up the change/),
    });
  });
});

describe('certificates', () => {
  const wanted = { wanted: { since: iso('11:59'), reason: 'it is self-signed' } };
  const failing = (notBefore: string) => ({
    failing: { since: iso('11:00'), attempts: 1, notBefore: iso(notBefore), reason: 'full' },
  });
  const waits = { ...intents(OPEN), ...certified(wanted), ...freeLease('11:59') };
  const leaseOf = (purpose: string, releasedAt: string) => ({
    LEASE: { fence: 6, purpose, releasedAt: iso(releasedAt) },
  });

  it('are looked at when nobody has for a day', () => {
    const verdict = tick('12:00', {
      ...awake,
      ...certified({ checkedAt: iso('2026-11-22T10:00') }),
    });

    expect(verdict).toMatchObject({
      startPower: false,
      startCertificate: expect.stringMatching(/^nobody has looked at node a for a day; /),
      reason: expect.stringMatching(/^nobody has looked/),
    });
    expect(verdict).not.toHaveProperty('quietUntil');
  });

  it('come before power where a start waits for one', () => {
    const verdict = tick('12:00', waits);

    expect(verdict).toMatchObject({
      startPower: false,
      startCertificate: expect.stringMatching(/^node a waits for a certificate: it is self-signed/),
    });
  });

  it('come after a change of the site', () => {
    const verdict = tick('19:01', waits);

    expect(verdict).toMatchObject({ startPower: true, startCertificate: undefined });
  });

  it('come after power where nothing waits for them', () => {
    const items = { ...reached(OPEN), 'INTENT#b': intent(), ...freeLease('07:40') };

    const verdict = tick('12:00', { ...items, ...certified(failing('11:00')) });

    expect(verdict).toMatchObject({ startPower: true, startCertificate: undefined });
  });

  it('wait for the lease, and are no reason for quiet', () => {
    const held = { ...waits, ...lease({ owner: OTHER }) };

    const verdict = tick('12:00', held, { lease: HELD });

    expect(verdict).toMatchObject({ startPower: false, startCertificate: undefined });
    expect(verdict).not.toHaveProperty('quietUntil');
  });

  it('leave the lease to power at once when their run has ended', () => {
    const certain = { ...waits, ...certified() };

    const verdict = tick('12:00', { ...certain, ...leaseOf('certificate', '11:59:30') });

    expect(verdict).toMatchObject({ startPower: true, startCertificate: undefined });
  });

  it('give power its turn for five minutes, whatever their run came to', () => {
    const tickAt = (time: string) => tick(time, { ...waits, ...leaseOf('certificate', '11:55') });

    const [early, due] = [tickAt('11:59:59'), tickAt('12:00')];

    expect(early).toMatchObject({ startPower: true, startCertificate: undefined });
    expect(due).toMatchObject({ startPower: false, startCertificate: expect.any(String) });
  });

  it('are looked at as soon as power has handed over to them', () => {
    const verdict = tick('12:00', { ...waits, ...leaseOf('power', '11:59:59') });

    expect(verdict.startCertificate).toBeDefined();
  });

  it('leave the site quiet until a renewal that failed is tried again', () => {
    const verdict = tick('12:00', { ...awake, ...certified(failing('12:30')) });

    expect(verdict.quietUntil).toBe(iso('12:30'));
  });

  it('that start waits for and that rest are left to power', () => {
    const verdict = tick('12:00', {
      ...waits,
      ...certified({ ...wanted, ...failing('12:30') }),
      ...leaseOf('certificate', '11:59'),
    });

    expect(verdict).toMatchObject({ startPower: true, startCertificate: undefined });
  });
});

describe('quiet', () => {
  it('promises that no tick before its end finds anything to do', () => {
    const hours = fc.integer({ min: 0, max: 7 * 86_400 });
    const asked = fc.record({ from: hours, length: fc.integer({ min: 60, max: 86_400 }) });
    const looked = fc.integer({ min: 0, max: CLOCKS.certificateCheck - 1 });
    const rests = fc.option(fc.integer({ min: 1, max: 86_400 }));
    const purpose = fc.constantFrom('power', 'certificate');
    const wanted = { wanted: { since: iso('00:00'), reason: 'x' } };
    const more = fc.tuple(rests, fc.boolean(), purpose);

    fc.assert(
      fc.property(
        hours,
        hours,
        fc.option(asked),
        looked,
        more,
        (first, second, some, ago, rest) => {
          const [pause, waits, of] = rest;
          const from = secondsAfter(at('00:00'), some?.from ?? 0);
          const until = secondsAfter(from, some?.length ?? 0).toISOString();
          const OVERRIDE = override({ from: from.toISOString(), until });
          const checkedAt = secondsAfter(at('00:00'), first - ago).toISOString();
          const at0 = secondsAfter(at('00:00'), first);
          const notBefore = secondsAfter(at0, pause ?? 0).toISOString();
          const failing = { since: checkedAt, attempts: 1, notBefore, reason: 'x' };
          const record = { checkedAt, ...(pause && { failing, ...(waits && wanted) }) };
          const LEASE = { fence: 6, purpose: of, releasedAt: at0.toISOString() };
          const items: Items = { ...certified(record), LEASE, ...(some && { OVERRIDE }) };
          const site = (goal: typeof OPEN) => siteState({ ...reached(goal), ...items });
          const verdictAt = (now: Date, goal: typeof OPEN) =>
            decide(site(goal), {
              now,
              wish: wishes(plan(), some ? OVERRIDE : undefined, now),
              lease: FREE,
              database: goal.database === 'running' ? 'available' : 'stopped',
            });
          const now = secondsAfter(at('00:00'), first);
          const goal = wishes(plan(), some ? OVERRIDE : undefined, now).of;
          const { quietUntil } = verdictAt(now, goal);
          const left = (new Date(quietUntil ?? now).getTime() - now.getTime()) / 1000;

          const later = verdictAt(secondsAfter(now, second % left), goal);

          expect(later).toMatchObject({
            startPower: false,
            startCertificate: undefined,
            tellLate: false,
            quietUntil,
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
