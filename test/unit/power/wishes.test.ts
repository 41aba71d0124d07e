import { describe, expect, it } from 'vitest';
import {
  changed,
  openIntents,
  plannedInstant,
  pursuedReason,
  sameWishes,
  wishes,
} from '../../../functions/power/wishes.ts';
import { CLOSED, NIGHT, OPEN, plan } from '../support/power.ts';
import { intent, intents, override, reached, siteState } from '../support/site.ts';
import { at, iso } from '../support/time.ts';

describe('what the schedule asks for', () => {
  it('is both nodes and the database in open hours, since and until the planned instants', () => {
    const wish = wishes(plan(), undefined, at('12:00'));

    expect(wish).toEqual({
      of: OPEN,
      site: 'running',
      reason: 'the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
      since: at('07:00'),
      until: at('19:00'),
    });
  });

  it('is nothing outside them', () => {
    const wish = wishes(plan(), undefined, at('20:00'));

    expect(wish).toMatchObject({ of: CLOSED, site: 'stopped', since: at('19:00') });
  });

  it('is everything, for ever, without a schedule', () => {
    const { schedule, ...always } = plan();

    const wish = wishes({ ...always, schedule: undefined }, undefined, at('20:00'));

    expect(wish).toEqual({
      of: OPEN,
      site: 'running',
      reason: 'the site is always on',
      since: undefined,
      until: undefined,
    });
  });

  it('keeps node a and its database at night where one node serves on', () => {
    const wish = wishes(plan({ nodes: 'one' }), undefined, at('20:00'));

    expect(wish).toMatchObject({ of: NIGHT, site: 'stopped' });
  });

  it('keeps an always-on database while both nodes stop', () => {
    const wish = wishes(plan({ database: 'always-on' }), undefined, at('20:00'));

    expect(wish.of).toEqual({ a: 'stopped', b: 'stopped', database: 'running' });
  });
});

describe('an override', () => {
  const evening = override({ from: iso('20:00'), until: iso('22:00') });

  it('counts from its begin, included, to its end, excluded', () => {
    const sites = ['19:59:59', '20:00', '21:59:59', '22:00'].map(
      (time) => wishes(plan(), evening, at(time)).site,
    );

    expect(sites).toEqual(['stopped', 'running', 'running', 'stopped']);
  });

  it('tells who asked for it and why, and is itself the plan', () => {
    const wish = wishes(plan(), evening, at('21:00'));

    expect(wish).toEqual({
      of: OPEN,
      site: 'running',
      reason: 'Ada asked for it: a late case',
      since: at('20:00'),
      until: at('22:00'),
    });
  });

  it('makes its end a planned instant', () => {
    const wish = wishes(plan(), evening, at('22:01'));

    expect(wish).toMatchObject({ of: CLOSED, since: at('22:00') });
  });

  it('of long ago leaves the instants to the schedule', () => {
    const wish = wishes(plan(), evening, at('2026-11-24T12:00'));

    expect(wish.since).toEqual(at('2026-11-24T07:00'));
  });

  it('makes its begin the next planned change', () => {
    const wish = wishes(plan(), evening, at('19:30'));

    expect(wish).toMatchObject({ site: 'stopped', since: at('19:00'), until: at('20:00') });
  });

  it('does not hide a change of the schedule before its begin', () => {
    const wish = wishes(plan(), evening, at('12:00'));

    expect(wish.until).toEqual(at('19:00'));
  });

  it('can close the site; where one node serves on, it still does', () => {
    const closing = override({ wish: 'stopped', from: iso('10:00'), until: iso('11:00') });

    const both = wishes(plan(), closing, at('10:30'));
    const one = wishes(plan({ nodes: 'one' }), closing, at('10:30'));

    expect([both.of, one.of]).toEqual([CLOSED, NIGHT]);
  });

  it('has its end as a planned instant on a site that is always on, too', () => {
    const { schedule, ...always } = plan();
    const closing = override({ wish: 'stopped', from: iso('10:00'), until: iso('11:00') });

    const wish = wishes({ ...always, schedule: undefined }, closing, at('11:05'));

    expect(wish).toMatchObject({ of: OPEN, since: at('11:00'), until: undefined });
  });
});

describe('the instant from which lateness counts', () => {
  const open = (time: string) => wishes(plan(), undefined, at(time));

  it('is that of the planned change', () => {
    const instant = plannedInstant(siteState(reached(CLOSED)), open('07:20'), at('07:20'));

    expect(instant).toBe(iso('07:00'));
  });

  it('is that of the intent which is pursued again', () => {
    const site = siteState({
      ...reached(OPEN),
      'INTENT#b': intent({ plannedFor: iso('09:30') }),
    });

    const instant = plannedInstant(site, open('10:00'), at('10:00'));

    expect(instant).toBe(iso('09:30'));
  });

  it('is none when everything is as wished', () => {
    const instant = plannedInstant(siteState(reached(OPEN)), open('10:00'), at('10:00'));

    expect(instant).toBeUndefined();
  });

  it('is none on a site without intents: its first run comes from a deployment', () => {
    const instant = plannedInstant(siteState(), open('07:20'), at('07:20'));

    expect(instant).toBeUndefined();
  });

  it('is none when a deploy has changed the plan: nothing was planned for that instant', () => {
    const site = siteState(reached(NIGHT));

    const atOnce = plannedInstant(site, open('08:00'), at('08:00'));
    const later = plannedInstant(site, open('08:00:01'), at('08:00:01'));

    expect([atOnce, later]).toEqual([iso('07:00'), undefined]);
  });

  it('is none when an always-on site gets its missing node back by a deploy', () => {
    const { schedule, ...always } = plan();
    const wish = wishes({ ...always, schedule: undefined }, undefined, at('12:00'));

    const instant = plannedInstant(siteState(reached(NIGHT)), wish, at('12:00'));

    expect(instant).toBeUndefined();
  });
});

describe('why a run sets out', () => {
  const wish = wishes(plan(), undefined, at('07:20'));

  it('is the change of the wish', () => {
    const reason = pursuedReason(siteState(reached(CLOSED)), wish);

    expect(reason).toBe(wish.reason);
  });

  it('is the reason of the longest-standing open intent, pursued again', () => {
    const site = siteState({
      ...reached(OPEN),
      'INTENT#a': intent({ plannedFor: iso('07:10'), reason: 'the later one' }),
      'INTENT#b': intent({ plannedFor: iso('07:05'), reason: 'the earlier one' }),
    });

    const reason = pursuedReason(site, wish);

    expect(reason).toBe('the earlier one');
    expect(openIntents(site).map((one) => one.reason)).toEqual([
      'the earlier one',
      'the later one',
    ]);
  });

  it('is the wish itself when nothing is open', () => {
    const reason = pursuedReason(siteState(reached(OPEN)), wish);

    expect(reason).toBe(wish.reason);
  });
});

describe('wishes', () => {
  it('have changed when any of the three differs from its intent, or has none', () => {
    const wish = wishes(plan(), undefined, at('12:00'));
    const { 'INTENT#b': _, ...two } = intents(OPEN);

    const verdicts = [reached(OPEN), intents(OPEN), reached(NIGHT), two].map((items) =>
      changed(siteState(items), wish),
    );

    expect(verdicts).toEqual([false, false, true, true]);
  });

  it('are the same only if all three are', () => {
    const verdicts = [sameWishes(OPEN, { ...OPEN }), sameWishes(OPEN, NIGHT)];

    expect(verdicts).toEqual([true, false]);
  });
});
