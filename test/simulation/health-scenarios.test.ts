import { describe, expect, it } from 'vitest';
import { midday } from './support/midday.ts';
import type { LocalFault } from './support/play.ts';

const AT = '2026-11-30T10:20';
/** Hosts say at the full hour what nobody sees from outside. */
const BEFORE_THE_HOUR = '2026-11-30T10:50';
const BACK = 'RECOVERED info: RECOVERED: both nodes serve';
const on = (name: LocalFault['name'], what?: string, minutes?: number): LocalFault => ({
  name,
  at: AT,
  ...(what !== undefined && { on: what }),
  ...(minutes !== undefined && { minutes }),
});

/** Numbers are those of the design's list of cases; docs/evidence.md says which is where. */
describe('is told once, by its cause, and told to be over', () => {
  it.each<[string, readonly LocalFault[], readonly string[], string]>([
    [
      'S01 Orthanc ends',
      [on('dead-container', 'a=orthanc', 12)],
      ['OPENED high: Node a DOWN: Orthanc', BACK],
      'a node orthanc-down',
    ],
    [
      'S02 nginx is dead',
      [on('dead-container', 'a=nginx', 12)],
      ['OPENED high: Node a DOWN: nginx', BACK],
      'a node nginx',
    ],
    [
      'S03 a kernel panics',
      [on('dead-host', 'a', 12)],
      ['OPENED high: Node a DOWN: no answer', BACK],
      'a node unreachable',
    ],
    [
      'S04 hardware fails, and AWS mends it',
      [on('failed-system', 'a=recovers')],
      ['OPENED high: Node a DOWN: no answer', BACK],
      'a node system',
    ],
    [
      'S05 hardware fails, and AWS does not mend it',
      [on('failed-system', 'a=stays', 20)],
      ['OPENED high: Node a DOWN: no answer', BACK],
      'a node system',
    ],
    [
      'S07 the database fails over',
      [on('database-failover')],
      ['OPENED critical: DATABASE DOWN: both nodes wait for it', BACK],
      'database shared database',
    ],
    [
      'S09 the bucket takes nothing',
      [on('denied-storage', undefined, 15)],
      ['OPENED critical: BUCKET of images DOWN', BACK],
      'storage shared storage',
    ],
    [
      'S11 who looks is cut off',
      [on('blind-observer', undefined, 15)],
      ['OPENED high: BLIND: Orthweb cannot see the nodes', BACK],
      'observer blind observer',
    ],
    [
      'S11 who looks is cut off from one node',
      [on('unseen-node', 'a', 15)],
      ['OPENED high: BLIND: Orthweb cannot see the nodes', BACK],
      'observer blind observer',
    ],
    [
      'S12 who looks is throttled',
      [on('throttled-api', 'lambda:Invoke', 10)],
      ['OPENED high: BLIND: Orthweb cannot see the nodes', BACK],
      'observer blind observer',
    ],
    [
      'S35 EC2 is throttled for long',
      [on('throttled-api', 'ec2:*', 12)],
      ['OPENED high: BLIND: Orthweb cannot see the nodes', BACK],
      'observer unknown unanswered',
    ],
    [
      'S37 an agent is away',
      [on('silent-agent', 'a', 30)],
      ['OPENED warning: Node a needs care: no remote control', 'RECOVERED info: MENDED: node a'],
      'a degraded agent',
    ],
    [
      'S52 a clock is wrong',
      [{ ...on('wrong-clock', 'a', 40), at: BEFORE_THE_HOUR }],
      ['OPENED high: Node a DOWN: its clock', BACK],
      'a node clock',
    ],
    [
      'a disk is full',
      [{ ...on('full-disk', 'a', 40), at: BEFORE_THE_HOUR }],
      ['OPENED warning: Node a needs care: disk full', 'RECOVERED info: MENDED: node a'],
      'a degraded disk',
    ],
    [
      'S59 a person stops a node in the console',
      [on('stopped-by-hand', 'a', 20)],
      ['OPENED high: Node a DOWN: it was stopped', BACK],
      'a node nginx',
    ],
  ])('%s', async (_, faults, told, incident) => {
    const day = await midday(faults, { hours: 1.9 });

    expect(day.result.failure).toBeUndefined();
    expect(day.told).toEqual(told);
    expect(
      day.incidents.map(({ subject, class: kind, cause }) => [subject, kind, cause].join(' ')),
    ).toEqual([incident]);
    expect(day.result.unstruck).toEqual([]);
  });
});

describe('is told to nobody', () => {
  it.each<[string, readonly LocalFault[]]>([
    ['S34 a table that is throttled for a minute', [on('throttled-api', 'dynamodb:*', 1)]],
    ['S35 EC2 that is throttled for three minutes', [on('throttled-api', 'ec2:*', 3)]],
    [
      'S36 an invocation that is not listed yet',
      [on('failing-api', 'ssm:GetCommandInvocation=InvocationDoesNotExist', 5)],
    ],
    ['S42 both nodes slow', [on('slow-host', 'a', 30), on('slow-host', 'b', 30)]],
    ['an update by a person', [on('updating-host', 'a', 5)]],
    ['an agent that is away for eight minutes', [on('silent-agent', 'a', 8)]],
    [
      'events that come twice, late and in any order',
      [on('doubled-events', 'rules', 30), on('reordered-events', 'rules', 30)],
    ],
  ])('%s', async (_, faults) => {
    const { told, incidents, result } = await midday(faults);

    expect(result.failure).toBeUndefined();
    expect(told).toEqual([]);
    expect(incidents).toEqual([]);
  });

  it('S41 one lost packet each ten minutes, all day', async () => {
    const faults = Array.from({ length: 48 }, (_, nth): LocalFault => {
      const minute = 20 + nth * 10;
      const [hour, rest] = [10 + Math.floor(minute / 60), minute % 60];
      return {
        name: 'lost-packet',
        on: nth % 2 === 0 ? 'a' : 'b',
        at: `2026-11-30T${hour}:${rest.toString().padStart(2, '0')}`,
      };
    });

    const { told, incidents, result } = await midday(faults, { hours: 8.5 });

    expect(result.failure).toBeUndefined();
    expect(result.unstruck).toEqual([]);
    expect([told, incidents]).toEqual([[], []]);
  });
});

it('S08 a database that is full for three hours is told again once an hour has passed, and then not before six', async () => {
  const { told, incidents, result } = await midday([on('full-database', undefined, 180)], {
    hours: 4,
  });

  expect(result.failure).toBeUndefined();
  expect(told).toEqual([
    'OPENED critical: DATABASE DOWN: both nodes wait for it',
    'REMINDER critical: DATABASE still DOWN: both nodes wait for it',
    BACK,
  ]);
  expect(incidents).toHaveLength(1);
});

it('S13 both nodes that die at once are one message, and no address', async () => {
  const { told, incidents, result, text } = await midday([
    on('dead-host', 'a', 12),
    on('dead-host', 'b', 12),
  ]);

  expect(result.failure).toBeUndefined();
  expect(told).toEqual(['OPENED critical: BOTH NODES DOWN', BACK]);
  expect(text('OPENED').split('\n')[0]).toBe('BOTH NODES DOWN - no address is proven to work');
  expect(incidents.map(({ subject }) => subject)).toEqual(['a', 'b']);
});

it('S13 the second node that dies later is told as the worse thing that it is', async () => {
  const second = { ...on('dead-host', 'b', 8), at: '2026-11-30T10:24' };
  const { told, result } = await midday([on('dead-host', 'a', 15), second]);

  expect(result.failure).toBeUndefined();
  expect(told[0]).toBe('OPENED high: Node a DOWN: no answer');
  expect(told[1]).toMatch(/^OPENED critical: BOTH NODES DOWN/);
});

it('S18 a planned stop ends an incident of its node, and says that nobody has seen it serve again', async () => {
  const fault = { ...on('dead-container', 'a=nginx', 20), at: '2026-11-30T18:50' };
  const { told, incidents, result } = await midday([fault], { from: '2026-11-30T18:30', hours: 1 });

  expect(result.failure).toBeUndefined();
  expect(told).toEqual([
    'OPENED high: Node a DOWN: nginx',
    'RECOVERED info: OVER: ended by a planned stop or change',
  ]);
  expect(incidents).toHaveLength(1);
});

it('S24 what no event tells is found by the minute', async () => {
  const lost: LocalFault = { ...on('lost-events', 'rules', 40), at: '2026-11-30T10:10' };
  const { told, result } = await midday([lost, on('stopped-by-hand', 'a', 15)]);

  expect(told[0]).toBe('OPENED high: Node a DOWN: it was stopped');
  const [{ from = 0, openedAt = 0 } = {}] = result.outages;
  expect((openedAt - from) / 1000).toBeLessThan(150);
});

it('S40 a container that comes and goes every two minutes is one incident', async () => {
  const faults = Array.from(
    { length: 10 },
    (_, nth): LocalFault => ({
      ...on('dead-container', 'a=orthanc', 2),
      at: `2026-11-30T${10 + Math.floor((20 + nth * 4) / 60)}:${((20 + nth * 4) % 60).toString().padStart(2, '0')}`,
    }),
  );

  const { told, incidents, result } = await midday(faults, { hours: 1.8 });

  expect(result.failure).toBeUndefined();
  expect(incidents).toHaveLength(1);
  expect(told).toEqual(['OPENED high: Node a DOWN: Orthanc', BACK]);
});

it('S63 a message that SNS took without a word is one alert, however often it is mailed', async () => {
  const { told, incidents, result } = await midday([
    on('dead-container', 'a=orthanc', 12),
    on('unanswered-api', 'sns:Publish', 4),
  ]);

  expect(result.failure).toBeUndefined();
  expect([...new Set(told)]).toEqual(['OPENED high: Node a DOWN: Orthanc', BACK]);
  expect(incidents).toHaveLength(1);
});

it('S03 the message names the address that works, for web and for DICOM, and the one that does not', async () => {
  const { text, incidents } = await midday([on('dead-host', 'a', 12)]);
  const message = text('OPENED');

  expect(message).toMatch(/^Node a DOWN: no answer - use https:\/\/ec2-\S+$/m);
  expect(message).toMatch(/^Node b {3}https:\/\/ec2-\S+$/m);
  expect(message).toMatch(/^ +DICOM ec2-\S+ port 11112$/m);
  expect(message).toMatch(/^ +answered Mon 30 Nov 10:2\d, asked from inside the network$/m);
  expect(message).toMatch(/^Not now {2}node a$/m);
  expect(message).toContain(`npm run orthweb -- incidents ${incidents[0]?.id}`);
});

it('an incident that is over lies in the bucket of logs, with its five times, and stays for people to read', async () => {
  let stored: string[] = [];
  const { incidents } = await midday([on('dead-container', 'a=nginx', 6)], {
    act: ({ s3 }, at) =>
      at('2026-11-30T10:59', () => {
        stored = [...s3.objects]
          .filter(([key]) => key.includes('/incidents/'))
          .map(([, { body }]) => body);
      }),
  });

  expect(stored.map((body) => JSON.parse(body))).toEqual([
    expect.objectContaining({
      id: incidents[0]?.id,
      firstBadAt: expect.any(String),
      openedAt: expect.any(String),
      alertedAt: expect.any(String),
      goodSince: expect.any(String),
      closedAt: expect.any(String),
    }),
  ]);
});

it('a healthy month is told to nobody as trouble, and leaves no item behind', async () => {
  const { told, incidents, items, result } = await midday([], {
    from: '2026-11-30T00:00',
    hours: 24 * 30,
  });

  expect(result.failure).toBeUndefined();
  expect([told, incidents]).toEqual([[], []]);
  // Three intents, the lease, two certificates, and the note that a change was late, if one was.
  expect(items).toBeLessThanOrEqual(7);
});
