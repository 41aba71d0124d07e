import { describe, expect, it, vi } from 'vitest';
import type { ServiceEvent } from '../../simulator/services/eventbridge.ts';
import type { World } from '../../simulator/world.ts';
import { clinic, midday } from './support/midday.ts';
import { RUN, stillWorld } from './support/still-world.ts';

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

const REJECTED = 'HintsRejected';
const DROPPED = 'HintsDropped';

/** What the observer says to an event; the clock goes on for longer than it may take. */
async function answered(world: World, what: unknown): Promise<unknown> {
  let answer: unknown;
  void world.lambda.invoke(observerOf(world), what).then((said) => {
    answer = said;
  });
  await world.clock.runUntil(new Date(world.clock.now + 90_000), () => {});
  return answer;
}

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
  const answer = await answered(world, what);
  return { answer, counted, changed: before !== JSON.stringify([...world.site.truth()]) };
}

describe('an event that is no hint changes nothing and is counted', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['of another account', event({ account: '999999999999' }), REJECTED, /^account: /],
    ['of another region', event({ region: 'eu-west-1' }), REJECTED, /^region: /],
    [
      'of an instance that is none of ours',
      event(),
      REJECTED,
      /^detail\.instance-id: none of ours/,
    ],
    [
      'of a database that is none of ours',
      event({ source: 'aws.rds', detail: { SourceIdentifier: 'other' } }),
      REJECTED,
      /^detail\.SourceIdentifier: not our database/,
    ],
    ['of a source that is none of AWS', event({ source: 'aws.evil' }), REJECTED, /^source: /],
    ['without an account', { ...event(), account: undefined }, REJECTED, /^account: /],
    ['without a detail', { ...event(), detail: null }, REJECTED, /^detail: /],
    [
      'whose instance is no text',
      event({ detail: { 'instance-id': { $ne: '' } } }),
      REJECTED,
      /^detail\.instance-id: /,
    ],
    ['whose time is none', event({ time: 'yesterday' }), REJECTED, /^time: /],
    ['that is a text', 'look!', REJECTED, /^\(whole\): /],
    ['that is a list', [event()], REJECTED, /: /],
    ['that is nothing', null, REJECTED, /^\(whole\): /],
    [
      'S21 that comes twenty hours late',
      event({ time: '2026-11-29T21:00:00Z' }),
      DROPPED,
      /of 720\d\d s ago$/,
    ],
    [
      'that is sixteen minutes old',
      event({ time: '2026-11-30T16:44:00Z' }),
      DROPPED,
      /of 9[67]\d s ago$/,
    ],
  ])('%s', async (_, what, counter, reason) => {
    const { answer, counted, changed } = await sent(what);

    expect(answer).toEqual({
      action: counter === DROPPED ? 'dropped' : 'rejected',
      reason: expect.stringMatching(reason),
    });
    expect(counted).toEqual([counter]);
    expect(changed).toBe(false);
  });

  it('even one of a quarter of a megabyte, and with fields that nobody knows', async () => {
    const huge = event({
      account: '999999999999',
      detail: { 'instance-id': 'i-0', state: 'stopped', more: 'x'.repeat(250_000) },
      unknown: { deep: [{ er: true }] },
    });

    const { counted, changed } = await sent(huge);

    expect([counted, changed]).toEqual([[REJECTED], false]);
  });
});

describe('an event as AWS documents it reaches the observer by its rule, and is a look', () => {
  interface Ours {
    readonly instance: string;
    readonly database: string;
    readonly alarm: string;
    readonly machine: string;
  }
  const arn = (service: string, what: string) =>
    `arn:aws:${service}:ca-central-1:${ACCOUNT}:${what}`;

  it.each<[string, (ours: Ours) => ServiceEvent]>([
    [
      'EC2: a host stops',
      // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
      ({ instance }) => ({
        source: 'aws.ec2',
        'detail-type': 'EC2 Instance State-change Notification',
        resources: [arn('ec2', `instance/${instance}`)],
        detail: { 'instance-id': instance, state: 'stopping' },
      }),
    ],
    [
      'RDS: the database fails over',
      // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-cloud-watch-events.sample.html
      ({ database }) => ({
        source: 'aws.rds',
        'detail-type': 'RDS DB Instance Event',
        resources: [arn('rds', `db:${database}`)],
        detail: {
          EventCategories: ['failover'],
          SourceType: 'DB_INSTANCE',
          SourceArn: arn('rds', `db:${database}`),
          Date: '2026-11-30T17:00:00.000Z',
          Message: 'A Multi-AZ failover has completed.',
          SourceIdentifier: database,
          EventID: 'RDS-EVENT-0049',
        },
      }),
    ],
    [
      'CloudWatch: an alarm of the site sounds',
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
      ({ alarm }) => ({
        source: 'aws.cloudwatch',
        'detail-type': 'CloudWatch Alarm State Change',
        resources: [alarm],
        detail: {
          alarmName: alarm.split(':').at(-1),
          state: { value: 'ALARM', timestamp: '2026-11-30T17:00:00.000+0000' },
          previousState: { value: 'OK', timestamp: '2026-11-30T12:00:00.000+0000' },
        },
      }),
    ],
    [
      'AWS Health: trouble of EC2',
      // https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
      ({ instance }) => ({
        source: 'aws.health',
        'detail-type': 'AWS Health Event',
        resources: [instance],
        from: arn('health', ''),
        detail: {
          eventArn: 'arn:aws:health:us-west-2::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/id',
          service: 'EC2',
          eventTypeCode: 'AWS_EC2_OPERATIONAL_ISSUE',
          eventTypeCategory: 'issue',
        },
      }),
    ],
    [
      'Step Functions: a run has ended',
      // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
      ({ machine }) => ({
        source: 'aws.states',
        'detail-type': 'Step Functions Execution Status Change',
        resources: [RUN],
        detail: { executionArn: RUN, stateMachineArn: machine, name: 'run-1', status: 'FAILED' },
      }),
    ],
  ])('%s', async (_, documented) => {
    const { world } = await stillWorld(clinic, '2026-11-30T12:00');
    const { assembly } = world.site;
    const [machine] = assembly.resources('AWS::StepFunctions::StateMachine');
    const [alarm] = assembly.resources('AWS::CloudWatch::Alarm');
    const told = vi.spyOn(world.lambda, 'invokeAsync');

    world.bus.emit(
      documented({
        instance: world.site.node('a')?.id ?? '',
        database: world.site.database.identifier,
        alarm: String(alarm && assembly.names(alarm).attributes?.Arn),
        machine: String(machine && assembly.names(machine).ref),
      }),
    );
    await world.clock.runUntil(new Date(world.clock.now + 10_000), () => {});

    const [event] = told.mock.calls.flatMap(([to, what]) =>
      to === observerOf(world) ? [what] : [],
    );
    // What a look finds in a site that nobody has opened, and no word of a rejected event.
    expect(await answered(world, event)).toMatchObject({ reason: 'no node is meant to serve' });
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
