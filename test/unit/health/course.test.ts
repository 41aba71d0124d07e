import { describe, expect, it } from 'vitest';
import { FLAW, judgement, trouble, Watched } from '../support/course.ts';
import { at, iso, secondsAfter } from '../support/time.ts';

const NOON = at('12:00');
const WELL = judgement();
const A_DOWN = judgement({ a: trouble('a') });
const BOTH_DOWN = judgement({ a: trouble('a'), b: trouble('b') });
const A_FLAWED = judgement({ a: trouble('a', FLAW) });
const BLIND = judgement(
  { observer: trouble('observer') },
  { a: 'unseen', b: 'unseen', withheld: ['a', 'b'] },
);

/** What is told in looks of this many minutes each, one after the other. */
function played(...acts: readonly (readonly [typeof WELL, number])[]): Watched {
  const table = new Watched();
  let minute = 0;
  for (const [seen, minutes] of acts) {
    table.looks(secondsAfter(NOON, minute * 60), minutes, () => seen);
    minute += minutes;
  }
  return table;
}

describe('an incident', () => {
  it('of a node that is down opens at the first look, and says when its trouble began', () => {
    const table = new Watched();

    table.look(A_DOWN, at('12:00:24'), NOON);

    expect(table.of('a')).toEqual({
      id: '20261123T120000Z-a',
      subject: 'a',
      class: 'node',
      cause: 'orthanc-hung',
      reason: 'Orthanc on node a does not answer.',
      firstBadAt: iso('12:00'),
      openedAt: iso('12:00:24'),
      toldAt: iso('12:00:24'),
      severity: 'high',
      reminders: 0,
      relapses: 0,
      findings: [{ check: 'web', result: 'status 504, Orthanc alone 504' }],
      timeline: [
        { at: iso('12:00'), what: 'The first bad look: Orthanc on node a does not answer.' },
        {
          at: iso('12:00:24'),
          what: 'Confirmed and told: Orthanc on node a does not answer.',
        },
      ],
    });
  });

  it('is over when all has been well for three minutes, and remembered for half an hour', () => {
    const table = played([A_DOWN, 5], [WELL, 3]);
    expect(table.told()).toEqual(['a OPENED']);

    table.look(WELL, at('12:08'));
    expect(table.told()).toEqual(['a OPENED', 'a RECOVERED']);
    expect(table.of('a')).toMatchObject({ goodSince: iso('12:05'), closedAt: iso('12:08') });

    table.looks(at('12:09'), 29, () => WELL);
    expect(table.items).toBe(1);
    table.look(WELL, at('12:38'));
    expect(table.items).toBe(0);
  });

  it('writes nothing while nothing changes', () => {
    const changes = [...played([WELL, 60]).changes, ...played([A_DOWN, 1], [A_DOWN, 58]).changes];

    expect(changes).toHaveLength(1);
  });

  it('goes on where the node fails again before it is over: flapping is one incident', () => {
    const flapping = Array.from(
      { length: 20 },
      (_, turn) => [turn % 2 ? WELL : A_DOWN, 2] as const,
    );

    const table = played(...flapping, [WELL, 10]);

    expect(table.told()).toEqual(['a OPENED', 'a RECOVERED']);
  });

  it('takes a quarter of an hour to be over where it came back', () => {
    const table = played([A_DOWN, 1], [WELL, 10], [A_DOWN, 1], [WELL, 15]);
    expect(table.told()).toEqual(['a OPENED', 'a RECOVERED', 'a OPENED']);
    expect(table.of('a')?.relapses).toBe(1);

    table.look(WELL, at('12:27'));
    expect(table.told().at(-1)).toBe('a RECOVERED');
  });

  it('counts no relapse of what is long over', () => {
    const table = played([A_DOWN, 1], [WELL, 40], [A_DOWN, 1]);

    expect(table.of('a')?.relapses).toBe(0);
  });

  it('knows of a relapse also where something else was suspected in between', () => {
    const table = played([A_DOWN, 1], [WELL, 5], [A_FLAWED, 2], [WELL, 5], [A_DOWN, 1]);

    expect(table.told()).toEqual(['a OPENED', 'a RECOVERED', 'a OPENED']);
    expect(table.of('a')?.relapses).toBe(1);
  });

  it('ends without a word of recovery where its node is to be stopped', () => {
    const table = played([A_DOWN, 5]);

    const [change] = table.look(judgement({}, { a: 'planned' }), at('12:05'));

    expect(change).toMatchObject({ tells: 'RECOVERED', planned: true });
    expect(change?.after?.closedAt).toBe(iso('12:05'));
  });

  it('of what nodes share ends when no node is meant to serve', () => {
    const table = played([judgement({ database: trouble('database') }), 5]);

    const one = table.look(judgement({}, { a: 'planned' }), at('12:05'));
    const both = table.look(judgement({}, { a: 'planned', b: 'planned' }), at('12:06'));

    expect([one[0]?.planned, both[0]?.planned]).toEqual([undefined, true]);
  });

  it('says one line of at most 300 characters, whatever a host says of itself', () => {
    const table = new Watched();

    table.look(judgement({ a: trouble('a', { reason: `It\nsays ${'no '.repeat(500)}` }) }), NOON);

    const { reason = '', timeline = [] } = table.of('a') ?? {};
    for (const text of [reason, ...timeline.map(({ what }) => what)]) {
      expect(text).toMatch(/^[^\n]{1,297}\.\.\.$/);
    }
  });

  it('keeps its first ten moments and its last forty, however often its cause changes', () => {
    const watched = new Watched();
    watched.looks(NOON, 200, (minute) =>
      judgement({ a: trouble('a', { cause: minute % 2 ? 'orthanc-down' : 'orthanc-hung' }) }),
    );

    const times = (watched.of('a')?.timeline ?? []).map(({ at: time }) => time);

    expect(times).toHaveLength(50);
    expect([times[9], times[10]]).toEqual([iso('12:08'), iso('14:40')]);
    expect(times.at(-1)).toBe(iso('15:19'));
  });
});

describe('a suspicion', () => {
  it.each([
    ['blind', BLIND, 'observer', 3],
    ['unknown', judgement({ observer: trouble('observer', { class: 'unknown' }) }), 'observer', 5],
    ['degraded', A_FLAWED, 'a', 10],
  ] as const)('of class %s is told when it has lasted', (_, seen, subject, minutes) => {
    expect(played([seen, minutes]).told()).toEqual([]);
    expect(played([seen, minutes + 1]).told()).toEqual([`${subject} OPENED`]);
  });

  it('that comes to nothing leaves nothing', () => {
    const table = played([BLIND, 3], [WELL, 1], [BLIND, 3], [WELL, 1]);

    expect([table.items, table.told()]).toEqual([0, []]);
  });

  it('that becomes an outage began when clients began to suffer', () => {
    const table = played([A_FLAWED, 8], [A_DOWN, 1]);

    expect(table.of('a')).toMatchObject({ id: '20261123T120800Z-a', firstBadAt: iso('12:08') });
    expect(table.told()).toEqual(['a OPENED']);
  });
});

describe('while nobody sees a node', () => {
  it('its incident neither opens, worsens nor ends', () => {
    const table = played([A_DOWN, 1], [BLIND, 30]);

    expect(table.told()).toEqual(['a OPENED', 'observer OPENED']);
    expect(table.of('a')?.goodSince).toBeUndefined();
  });
});

describe('what gets worse', () => {
  it('is told once for each grade', () => {
    const one = judgement({ database: trouble('database') }, { a: 'fails', b: 'serves' });
    const both = judgement({ database: trouble('database') });

    const table = played([one, 3], [both, 3], [one, 3], [both, 3]);

    expect(table.told()).toEqual(['database OPENED', 'database ESCALATED']);
    expect(table.of('database')?.severity).toBe('critical');
  });

  it('by the other node is told by that node’s message alone', () => {
    const table = played([A_DOWN, 3], [BOTH_DOWN, 3]);

    expect(table.told()).toEqual(['a OPENED', 'b OPENED']);
    expect([table.of('a')?.severity, table.of('b')?.severity]).toEqual(['critical', 'critical']);
  });

  it('is told also where something lesser opens in the same look', () => {
    const flawed = trouble('b', { ...FLAW, reason: 'The disk of node b is 91 % full.' });
    const table = played([A_FLAWED, 10], [judgement({ a: trouble('a', FLAW), b: flawed }), 1]);
    table.looks(at('12:11'), 9, () => judgement({ a: trouble('a', FLAW), b: flawed }));

    table.look(judgement({ a: trouble('a'), b: flawed }), at('12:20'));

    expect(table.told()).toEqual(['a OPENED', 'a ESCALATED', 'b OPENED']);
  });

  it('is told of a node that needed care and is down now', () => {
    const table = played([A_FLAWED, 15], [A_DOWN, 1]);

    expect(table.told()).toEqual(['a OPENED', 'a ESCALATED']);
    expect(table.of('a')).toMatchObject({ class: 'node', severity: 'high' });
  });
});

describe('a node that serves again and needs care', () => {
  it('is told to serve first, and to need care ten minutes later', () => {
    const table = played([A_DOWN, 5], [A_FLAWED, 4]);
    expect(table.told()).toEqual(['a OPENED', 'a RECOVERED']);

    table.looks(at('12:09'), 11, () => A_FLAWED);
    expect(table.told()).toEqual(['a OPENED', 'a RECOVERED', 'a OPENED']);
    expect(table.of('a')).toMatchObject({ class: 'degraded', severity: 'warning' });
  });

  it('is told to be down when it is again', () => {
    const table = played([A_DOWN, 5], [A_FLAWED, 30], [A_DOWN, 1]);

    expect(table.told().at(-1)).toBe('a ESCALATED');
  });
});

describe('reminders', () => {
  it('come after 1, 6 and 24 hours, then daily', () => {
    const table = played([A_DOWN, 4 * 1440]);

    const hours = table.changes
      .filter(({ tells }) => tells === 'REMINDER')
      .map((change) => (change.at.getTime() - NOON.getTime()) / 3_600_000);

    expect(hours).toEqual([1, 6, 24, 48, 72]);
  });

  it('wait while all seems well', () => {
    const nearly = played([A_DOWN, 59], [WELL, 3]);

    expect(nearly.told()).toEqual(['a OPENED']);
  });
});
