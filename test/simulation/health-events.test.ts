import { describe, expect, it } from 'vitest';
import type { World } from '../../simulator/world.ts';
import { clinic, midday } from './support/midday.ts';
import { stillWorld } from './support/still-world.ts';

const ACCOUNT = '111122223333';
const NOW = '2026-11-30T17:00:00Z';

/** A real hint, as EC2 sends it, but for what is named. */
const event = (more: object = {}) => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  source: 'aws.ec2',
  'detail-type': 'EC2 Instance State-change Notification',
  account: ACCOUNT,
  region: 'ca-central-1',
  time: NOW,
  resources: [],
  detail: { 'instance-id': 'i-0123456789abcdef0', state: 'stopped' },
  ...more,
});

const observerOf = (world: World): string => {
  const fn = world.site.assembly
    .resources('AWS::Lambda::Function')
    .find(({ where }) => where.includes('Health/Observe'));
  return String(fn && world.site.assembly.names(fn).attributes?.Arn);
};

/** What comes of an event at noon: the answer, what was counted, and whether anything was written. */
async function sent(what: unknown) {
  const { world } = await stillWorld(clinic, '2026-11-30T12:00');
  const counted: string[] = [];
  const { record } = world.cloudwatch;
  world.cloudwatch.record = (namespace, name, ...rest) => {
    if (name.startsWith('Hints')) counted.push(name);
    record.call(world.cloudwatch, namespace, name, ...rest);
  };
  const before = JSON.stringify([...world.site.truth()]);
  let answer: unknown;
  void world.lambda.invoke(observerOf(world), what).then((said) => {
    answer = said;
  });
  await world.clock.runUntil(new Date(world.clock.now + 50_000), () => {});
  return { answer, counted, changed: before !== JSON.stringify([...world.site.truth()]) };
}

describe('an event that is no hint changes nothing and is counted', () => {
  it.each<[string, unknown, string]>([
    ['of another account', event({ account: '999999999999' }), 'HintsRejected'],
    ['of another region', event({ region: 'eu-west-1' }), 'HintsRejected'],
    ['of an instance that is none of ours', event(), 'HintsRejected'],
    [
      'of a database that is none of ours',
      event({ source: 'aws.rds', detail: { SourceIdentifier: 'other' } }),
      'HintsRejected',
    ],
    ['of a source that is none of AWS', event({ source: 'aws.evil' }), 'HintsRejected'],
    ['without an account', { ...event(), account: undefined }, 'HintsRejected'],
    ['without a detail', { ...event(), detail: null }, 'HintsRejected'],
    [
      'whose instance is no text',
      event({ detail: { 'instance-id': { $ne: '' } } }),
      'HintsRejected',
    ],
    ['whose time is none', event({ time: 'yesterday' }), 'HintsRejected'],
    ['that is a text', 'look!', 'HintsRejected'],
    ['that is a list', [event()], 'HintsRejected'],
    ['that is nothing', null, 'HintsRejected'],
    ['S21 that comes twenty hours late', event({ time: '2026-11-29T21:00:00Z' }), 'HintsDropped'],
    ['that is sixteen minutes old', event({ time: '2026-11-30T16:44:00Z' }), 'HintsDropped'],
  ])('%s', async (_, what, name) => {
    const { answer, counted, changed } = await sent(what);

    expect(answer).toMatchObject({ action: name === 'HintsDropped' ? 'dropped' : 'rejected' });
    expect(counted).toEqual([name]);
    expect(changed).toBe(false);
  });

  it('even one of a quarter of a megabyte, and with fields that nobody knows', async () => {
    const huge = event({
      account: '999999999999',
      detail: { 'instance-id': 'i-0', state: 'stopped', more: 'x'.repeat(250_000) },
      unknown: { deep: [{ er: true }] },
    });

    const { counted, changed } = await sent(huge);

    expect([counted, changed]).toEqual([['HintsRejected'], false]);
  });
});

it('S22 the same event three times is one incident', async () => {
  const { told, incidents, result } = await midday(
    [
      { name: 'stopped-by-hand', on: 'a', at: '2026-11-30T10:20', minutes: 15 },
      { name: 'doubled-events', on: 'rules', at: '2026-11-30T10:10', minutes: 40 },
    ],
    { hours: 1 },
  );

  expect(result.failure).toBeUndefined();
  expect(told.filter((one) => one.startsWith('OPENED'))).toHaveLength(1);
  expect(incidents).toHaveLength(1);
});

it('S72 an event that nobody could work on is told by an alarm once, and others are worked on', async () => {
  const { told, result } = await midday(
    [{ name: 'dead-container', on: 'a=nginx', at: '2026-11-30T10:40', minutes: 6 }],
    {
      hours: 1,
      act: (world, at) =>
        at('2026-11-30T10:15', () => {
          const queue = world.site.assembly.resources('AWS::SQS::Queue')[0];
          const arn = String(queue && world.site.assembly.names(queue).attributes?.Arn);
          world.sqs.send(arn, JSON.stringify(event()));
        }),
    },
  );

  const alarms = result.deliveries.filter(({ subject }) => subject.includes('DeadLetters'));
  expect(result.failure).toBeUndefined();
  expect(alarms).toHaveLength(1);
  expect(told[0]).toBe('OPENED high: Node a DOWN: nginx');
});
