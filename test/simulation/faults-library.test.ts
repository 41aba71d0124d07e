import { describe, expect, it } from 'vitest';
import { drawFaults } from '../../simulator/faults/draw.ts';
import { complaint, FAULTS, type Fault, type FaultName } from '../../simulator/faults/library.ts';
import { clinic, EVENING, MORNING, opening } from './support/faulted.ts';
import { type LocalFault, optionsOf, play } from './support/play.ts';
import { targetsOf } from './support/recording.ts';

/** One of each: a fault that joins the library without an example does not compile. */
const EXAMPLES: Readonly<Record<FaultName, Omit<LocalFault, 'name' | 'at'> & { at?: string }>> = {
  'throttled-api': { on: 'ec2:*' },
  'failing-api': { on: 'rds:StartDBInstance=InvalidDBInstanceStateFault' },
  'unanswered-api': { on: 'dynamodb:TransactWriteItems' },
  'stale-reads': { minutes: 20 },
  'insufficient-capacity': { on: 'a' },
  'slow-node': { on: 'b' },
  'slow-database': {},
  'failing-database': { at: '2026-11-30T07:04' },
  'database-failover': { at: '2026-11-30T07:06' },
  'full-database': { at: '2026-11-30T07:05', minutes: 6 },
  'denied-storage': { at: '2026-11-30T07:04' },
  'dead-host': { on: 'b', at: '2026-11-30T07:06' },
  'dead-container': { on: 'a=orthanc', at: '2026-11-30T07:07' },
  'hung-container': { on: 'b=nginx', at: '2026-11-30T07:07' },
  'dead-docker': { on: 'a', at: '2026-11-30T07:07' },
  'full-disk': { on: 'b' },
  'exhausted-memory': { on: 'a', at: '2026-11-30T07:06' },
  'wrong-clock': { on: 'a' },
  'refused-password': { on: 'b' },
  'slow-host': { on: 'a' },
  'failed-system': { on: 'a=recovers', at: '2026-11-30T07:06' },
  'failed-volume': { on: 'b', at: '2026-11-30T07:06' },
  'stopped-by-hand': { on: 'a', at: '2026-11-30T07:06' },
  'lost-packet': { on: 'b' },
  'silent-agent': { on: 'b' },
  'failing-script': { on: 'a=certificate-install' },
  'updating-host': { on: 'b', at: '2026-11-30T07:12' },
  'unseen-node': { on: 'a', minutes: 20 },
  'blind-observer': { minutes: 20 },
  'disabled-key': {},
  'lost-events': { on: 'schedule' },
  'late-events': { on: 'schedule' },
  'doubled-events': { on: 'tick' },
  'reordered-events': { on: 'schedule' },
  'killed-function': { on: '*#17' },
  'hanging-function': { on: 'power/look' },
  'aborted-run': { at: '2026-11-30T07:02' },
  'skewed-clock': { on: 'power/report=-8' },
  deploy: { at: '2026-11-30T07:05' },
};

const examples = Object.entries(EXAMPLES).map(([name, { at = MORNING, ...rest }]) => ({
  ...rest,
  at,
  name: name as FaultName,
}));

/** Faults that strike what renews certificates: the morning is to have something to renew. */
const OF_RENEWALS: readonly FaultName[] = [
  'blind-observer',
  'disabled-key',
  'failing-script',
  'lost-packet',
  'unseen-node',
];
const sceneOf = (name: FaultName) =>
  OF_RENEWALS.includes(name) ? ({ certificates: 'interim' } as const) : {};

describe('every fault of the library', () => {
  it.each(examples)('strikes an opening, which keeps its promises: $name', async (fault) => {
    const { kinds } = await opening([fault], sceneOf(fault.name));

    expect(kinds).toContain('STARTED');
  });

  it.each(examples)('composes with a slow database and a lost event: $name', async (fault) => {
    const others: LocalFault[] = [
      { name: 'slow-database', at: '2026-11-30T06:58', minutes: 8 },
      { name: 'lost-events', on: 'schedule', at: '2026-11-30T06:58', minutes: 4 },
    ];

    const composed = others.filter(({ name }) => name !== fault.name);
    // Without the schedule's event nothing of the tick's or the schedule's own is left to strike.
    const { kinds } = await opening(
      [...composed, fault].filter(bites(fault.name)),
      sceneOf(fault.name),
    );

    // What fails on after the opening is told, too.
    expect(kinds).toContain('STARTED');
  });

  it.each(examples)(
    'decides the same whether quiet ticks are passed over: $name',
    async (fault) => {
      const scene = {
        from: '2026-11-30T06:30',
        days: 0.09,
        faults: [fault],
        ...sceneOf(fault.name),
      };

      const passedOver = await play(clinic, scene);
      const played = await play(clinic, { ...scene, skipQuietTicks: false });

      expect(played.entries).toEqual(passedOver.entries);
      expect(played.deliveries).toEqual(passedOver.deliveries);
      expect(played.ticks.run).toBeGreaterThan(passedOver.ticks.run);
    },
  );
});

/** An event cannot be lost and late as well. */
const bites = (name: FaultName) => (fault: LocalFault) =>
  !['late-events', 'reordered-events'].includes(name) || fault.name !== 'lost-events';

describe('a fault that cannot be', () => {
  it.each([
    ['dead-host', undefined, 'dead-host takes a node: dead-host:a.'],
    ['dead-host', 'c', 'dead-host takes a node: dead-host:a.'],
    ['stale-reads', 'a', 'stale-reads takes nothing after a colon.'],
    [
      'throttled-api',
      'sqs:SendMessage',
      'takes an API, if need be of one resource: throttled-api:ec2',
    ],
    ['lost-events', 'mail', 'lost-events takes whose events: schedule, tick or rules'],
    ['killed-function', 'power/act', 'takes a function, or * for any, and which call'],
    [
      'skewed-clock',
      'power/act=30',
      'takes a function and the seconds: skewed-clock:power/look=+30.',
    ],
  ] as const)('%s of %s is refused: %s', async (name, on, message) => {
    const fault = { name, at: MORNING, ...(on !== undefined && { on }) };

    const playing = play(clinic, { from: '2026-11-30T06:30', days: 0.07, faults: [fault] });

    await expect(playing).rejects.toMatchObject({
      name: 'InvalidFault',
      message: expect.stringContaining(message),
    });
  });

  it('is refused where it strikes once and is given minutes', () => {
    expect(complaint('deploy', undefined, 5)).toBe('deploy strikes once and takes no minutes.');
  });

  it.each([
    [
      'failing-api',
      'rds:StopDBInstance=InsufficientInstanceCapacity',
      /AWS has no such error of rds:StopDBInstance\. Choose one of .*InvalidDBInstanceStateFault/,
    ],
    [
      'throttled-api',
      'ec2:RunInstances',
      /no function calls ec2:RunInstances\. Choose one of Desc/,
    ],
    [
      'hanging-function',
      'power/foo',
      /no function power\/foo\. Choose one of certificate\/authority, power\/begin/,
    ],
  ] as const)('%s:%s is refused with what can be', async (name, on, message) => {
    const faults = [{ name, on, at: EVENING }];

    const playing = play(clinic, { from: '2026-11-30T18:50', days: 0.05, faults });

    await expect(playing).rejects.toThrow(message);
  });

  it('is named among those that struck nothing if nothing of the kind happened', async () => {
    const faults = [{ name: 'throttled-api', on: 'rds:StopDBInstance', at: MORNING }] as const;

    const { unstruck } = await play(clinic, { from: '2026-11-30T06:30', days: 0.07, faults });

    expect(unstruck.map(({ name, on }) => `${name}:${on}`)).toEqual([
      'throttled-api:rds:StopDBInstance',
    ]);
  });
});

describe('drawn faults', () => {
  const span = {
    from: new Date('2026-11-30T11:55:00Z'),
    until: new Date('2026-11-30T12:12:00Z'),
  };
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);
  const drawn = async (): Promise<Fault[]> => {
    const targets = await targetsOf(optionsOf(clinic, { from: '2026-11-30T00:00', days: 1 }));
    return seeds.flatMap((seed) => drawFaults(seed, 2, span, targets));
  };

  it('are the same for the same seed, and others for another', async () => {
    const [once, again] = [await drawn(), await drawn()];

    const pairs = seeds.map((seed) => JSON.stringify(once.slice(2 * seed, 2 * seed + 2)));
    expect(again).toEqual(once);
    expect(new Set(pairs).size).toBe(seeds.length);
  });

  it('cover the library, can all be, and strike within the span', async () => {
    const faults = await drawn();

    const wrong = faults.map(({ name, on, minutes }) => complaint(name, on, minutes));
    const outside = faults.filter(({ at }) => at < span.from || at > span.until);
    expect(new Set(faults.map(({ name }) => name))).toEqual(new Set(Object.keys(FAULTS)));
    expect(wrong.filter((text) => text !== undefined)).toEqual([]);
    expect(outside).toEqual([]);
  });
});
