import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../functions/health/course.ts';
import type { Judgement } from '../../../functions/health/judgement.ts';
import { isGraver } from '../../../functions/health/severity.ts';
import { secondsBetween } from '../../../functions/shared/clocks.ts';
import { FLAW, judgement, trouble, Watched } from '../support/course.ts';
import { at, secondsAfter } from '../support/time.ts';

const hung = trouble('a');
const dead = trouble('a', { cause: 'orthanc-down', reason: 'Orthanc on node a does not run.' });

/** What a look may come to. */
const LOOKS: readonly Judgement[] = [
  judgement(),
  judgement(),
  judgement({ a: hung }),
  judgement({ a: dead }),
  judgement({ b: trouble('b') }),
  judgement({ a: hung, b: trouble('b') }),
  judgement({ a: trouble('a', FLAW) }),
  judgement({ a: trouble('a', FLAW), b: trouble('b') }),
  judgement({ database: trouble('database') }, { withheld: ['a', 'b'] }),
  judgement({ database: trouble('database'), a: dead }, { withheld: ['b'] }),
  judgement({ storage: trouble('storage') }, { withheld: ['a', 'b'] }),
  judgement({ observer: trouble('observer') }, { a: 'unseen', b: 'unseen', withheld: ['a', 'b'] }),
  judgement(
    { observer: trouble('observer', { class: 'unknown', cause: 'unanswered' }) },
    { a: 'unseen', b: 'unseen', withheld: ['a', 'b', 'database'] },
  ),
  judgement({}, { a: 'planned' }),
  judgement({}, { a: 'planned', b: 'planned' }),
];

/** Looks minute by minute, each of them some minutes, or hours, long. */
const lives = fc
  .array(
    fc.record({
      seen: fc.constantFrom(...LOOKS),
      minutes: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(400)),
    }),
    { maxLength: 25 },
  )
  .map((acts) => {
    const watched = new Watched();
    let now = at('12:00');
    let items = 0;
    for (const { seen, minutes } of acts) {
      watched.looks(now, minutes, () => seen);
      now = secondsAfter(now, minutes * 60);
      items = Math.max(items, watched.items);
    }
    return { watched, items, now };
  });

type Told = Change & { readonly at: Date };

/** What was told of each incident, in order. */
function stories({ changes }: Watched): Map<string, Told[]> {
  const stories = new Map<string, Told[]>();
  for (const change of changes) {
    const { id = '' } = change.after ?? {};
    if (change.tells) stories.set(id, [...(stories.get(id) ?? []), change]);
  }
  return stories;
}

const tellings = (story: readonly Told[]) => story.map(({ tells }) => tells);

describe('whatever is seen', () => {
  it('each incident is opened once, first of all, and recovers at most once, last of all', () => {
    fc.assert(
      fc.property(lives, ({ watched }) => {
        for (const story of stories(watched).values()) {
          const all = tellings(story);
          expect(all.lastIndexOf('OPENED')).toBe(0);
          const end = all.indexOf('RECOVERED');
          expect([-1, all.length - 1]).toContain(end);
        }
      }),
    );
  });

  it('of a subject one incident is over before the next one is told', () => {
    fc.assert(
      fc.property(lives, ({ watched }) => {
        for (const subject of ['a', 'b', 'database', 'storage', 'observer'] as const) {
          const all = watched.changes.filter((change) => change.subject === subject);
          const edges = tellings(all).filter((one) => one === 'OPENED' || one === 'RECOVERED');
          expect(edges).toEqual(edges.map((_, turn) => (turn % 2 ? 'RECOVERED' : 'OPENED')));
        }
      }),
    );
  });

  it('what is told to be worse is graver than all that was told before', () => {
    fc.assert(
      fc.property(lives, ({ watched }) => {
        for (const story of stories(watched).values()) {
          const grades = story
            .filter(({ tells }) => tells === 'OPENED' || tells === 'ESCALATED')
            .map(({ after }) => after?.severity ?? 'info');
          for (const [turn, grade] of grades.entries()) {
            if (turn > 0) expect(isGraver(grade, grades[turn - 1])).toBe(true);
          }
        }
      }),
    );
  });

  it('no reminder comes within an hour of anything else that was told of the same', () => {
    fc.assert(
      fc.property(lives, ({ watched }) => {
        for (const story of stories(watched).values()) {
          for (const [turn, { tells, at: now }] of story.entries()) {
            const before = story[turn - 1]?.at;
            if (tells === 'REMINDER' && before) {
              expect(secondsBetween(before, now)).toBeGreaterThanOrEqual(3600);
            }
          }
        }
      }),
    );
  });

  it('the table has five items at most, each with fifty moments at most, in order', () => {
    fc.assert(
      fc.property(lives, ({ watched, items }) => {
        expect(items).toBeLessThanOrEqual(5);
        for (const { after } of watched.changes) {
          const times = (after?.timeline ?? []).map(({ at: time }) => time);
          expect(times.length).toBeLessThanOrEqual(50);
          expect(times).toEqual([...times].sort());
        }
      }),
    );
  });

  it('an hour of good looks leaves nothing in the table and nothing untold', () => {
    fc.assert(
      fc.property(lives, ({ watched, now }) => {
        watched.looks(now, 60, () => judgement());

        expect(watched.items).toBe(0);
        for (const story of stories(watched).values()) {
          expect(tellings(story).at(-1)).toBe('RECOVERED');
        }
      }),
    );
  });

  it('while a node is down and seen, the operator has been told so', () => {
    fc.assert(
      fc.property(lives, ({ watched, now }) => {
        watched.look(judgement({ a: hung }), now);

        const { severity, closedAt, class: kind } = watched.of('a') ?? {};
        expect([kind, closedAt]).toEqual(['node', undefined]);
        expect(['high', 'critical']).toContain(severity);
      }),
    );
  });
});
