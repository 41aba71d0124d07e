import { describe, expect, it } from 'vitest';
import type { Incident } from '../../functions/shared/incident.ts';
import { itemOf } from '../../functions/shared/operations-table.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { clinic, midday } from './support/midday.ts';
import { type LocalFault, unwatched } from './support/play.ts';

/** Nobody looks at this site's health: what its record says of trouble is what a test plants. */
const site = unwatched(clinic);
const at = (time: string): string => instantAt(`2026-11-30T${time}`, site.timeZone).toISOString();

const DOWN: LocalFault = {
  name: 'dead-container',
  on: 'a=orthanc',
  at: '2026-11-30T10:10',
  minutes: 20,
};
const ID = '20261130T151000Z-a';

const incident = (more: Partial<Incident> = {}): Incident => ({
  id: ID,
  subject: 'a',
  class: 'node',
  cause: 'orthanc-down',
  reason: 'Node a does not serve.',
  firstBadAt: at('10:10'),
  openedAt: at('10:11'),
  reminders: 0,
  relapses: 0,
  findings: [],
  timeline: [],
  ...more,
});
const CLOSED = { closedAt: at('10:35') };
const FLAW = { class: 'degraded', cause: 'disk-filling' } as const;

/** What is planted, with the local time of it: an incident as it is stored, or the kind of a message. */
type Planted = readonly [time: string, what: Incident | string];
const OPENED: readonly Planted[] = [
  ['10:11', incident()],
  ['10:11', 'OPENED'],
];
const RECOVERED: readonly Planted[] = [
  ['10:35', incident(CLOSED)],
  ['10:35', 'RECOVERED'],
];

/** What the judge says of an hour's play with these faults, in which the record says this. */
async function judged(
  faults: readonly LocalFault[],
  planted: readonly Planted[],
  { of = site, act }: Pick<NonNullable<Parameters<typeof midday>[1]>, 'of' | 'act'> = {},
): Promise<string[]> {
  const { result } = await midday(faults, {
    of,
    act: (world, later) => {
      act?.(world, later);
      for (const [time, what] of planted) {
        later(`2026-11-30T${time}`, () => plant(world, what));
      }
    },
  });
  return result.findings
    .map(({ message }) => message)
    .filter((one) => !/has reached nobody/.test(one));
}

function plant({ site: { judge } }: World, what: Incident | string): void {
  if (typeof what !== 'string') {
    judge.wrote(`INCIDENT#${what.subject}`, what);
    return;
  }
  judge.wrote(`OUTBOX#${ID}#${what}-${Math.random()}`, {
    subject: what,
    text: 'no address',
    attributes: {},
    data: { kind: what, incidents: [ID] },
    committedAt: '',
  });
}

describe('holds', () => {
  it.each<[string, readonly LocalFault[], readonly Planted[]]>([
    ['when nothing is wrong and nothing is said', [], []],
    ['when what fails is told, and that it is over', [DOWN], [...OPENED, ...RECOVERED]],
    [
      'when a node with a flaw fails, and the incident says so then',
      [DOWN],
      [
        ['10:05', incident({ ...FLAW, openedAt: at('10:05') })],
        ['10:05', 'OPENED'],
        ['10:11', incident({ openedAt: at('10:05') })],
        ...RECOVERED,
      ],
    ],
  ])('%s', async (_, faults, planted) => {
    expect(await judged(faults, planted)).toEqual([]);
  });
});

describe('is broken', () => {
  it.each<[string, readonly LocalFault[], readonly Planted[], RegExp]>([
    ['by an outage that nobody tells', [DOWN], [], /11 .* node a has not served since .*T15:10/],
    [
      'by an outage of a node of which only a flaw is told',
      [DOWN],
      [['10:05', incident({ ...FLAW, openedAt: at('10:05') })], ['10:05', 'OPENED'], ...RECOVERED],
      /11 .* node a has not served since .*T15:10/,
    ],
    [
      'by trouble of a node that serves',
      [],
      [...OPENED, ...RECOVERED],
      /6 .* "Node a does not serve\."; node a served/,
    ],
    [
      'by an incident that nobody is told of',
      [DOWN],
      [['10:11', incident()], ...RECOVERED],
      /5 .*-a has no message OPENED/,
    ],
    [
      'by one whose end nobody is told of',
      [DOWN],
      [...OPENED, ['10:35', incident(CLOSED)]],
      /5 .*-a has no message RECOVERED/,
    ],
    [
      'by one that is told twice',
      [DOWN],
      [...OPENED, ['10:12', 'OPENED'], ...RECOVERED],
      /5 .*-a is told OPENED twice/,
    ],
    [
      'by a reminder of what was never told',
      [DOWN],
      [['10:10', 'REMINDER'], ...OPENED, ...RECOVERED],
      /5 .*-a is told REMINDER and was never told OPENED/,
    ],
    [
      'by an end that is told while the node does not serve',
      [DOWN],
      [...OPENED, ['10:20', incident(CLOSED)], ['10:20', 'RECOVERED']],
      /6 .*-a is told to be over, and node a does not serve/,
    ],
    ['by one that does not end', [DOWN], OPENED, /11 .*-a is still open 600 s later/],
    [
      'by a node that is blamed for the database',
      [{ name: 'database-failover', at: '2026-11-30T10:10', minutes: 20 }],
      [...OPENED, ...RECOVERED],
      /7 .*the database is down, and node a is well/,
    ],
  ])('%s', async (_, faults, planted, broken) => {
    expect(await judged(faults, planted)).toContainEqual(expect.stringMatching(broken));
  });

  it('by a node that is blamed while who looks is blind', async () => {
    const findings = await judged(
      [{ name: 'blind-observer', at: '2026-11-30T10:10', minutes: 20 }],
      [...OPENED, ...RECOVERED],
      { of: clinic },
    );

    expect(findings).toContainEqual(expect.stringMatching(/12 .*node a served/));
  });

  it('by trouble of a node that is not meant to serve', async () => {
    const findings = await judged([DOWN], [...OPENED, ...RECOVERED], {
      act: (world, later) =>
        later('2026-11-30T10:11', () => {
          const intent = world.site.truth().get('INTENT#a');
          const stopped = itemOf('INTENT#a', 99, { ...intent, wish: 'stopped' });
          world.dynamodb.write(world.site, stopped);
        }),
    });

    expect(findings).toContainEqual(expect.stringMatching(/2 .*node a is not meant to serve/));
  });
});
