import { expect, it } from 'vitest';
import type { Standing } from '../../simulator/services/alarms.ts';
import type { ServiceEvent } from '../../simulator/services/eventbridge.ts';
import type { World } from '../../simulator/world.ts';
import { clinic } from './support/faulted.ts';
import { edited, type Site } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

const MINUTE_MS = 60_000;
const DIMENSIONS = { InstanceId: 'i-1' };

/** The clinic with one alarm on a status check of EC2, and the rule of the clinic for what it says. */
const checked = ({ actions = {}, source = 'aws.cloudwatch' } = {}): Site =>
  edited(clinic, ({ Resources }) => {
    for (const [id, { Type, Properties }] of Object.entries(Resources)) {
      if (Type === 'AWS::CloudWatch::Alarm') delete Resources[id];
      if (Type === 'AWS::Events::Rule') Properties.EventPattern = { source: [source] };
    }
    const [topic] =
      Object.entries(Resources).find(([, one]) => one.Type === 'AWS::SNS::Topic') ?? [];
    Resources.Checks = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'clinic-node-a-system',
        AlarmDescription: 'The machine under node a is broken.',
        Namespace: 'AWS/EC2',
        MetricName: 'StatusCheckFailed_System',
        Dimensions: [{ Name: 'InstanceId', Value: 'i-1' }],
        Statistic: 'Maximum',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        Period: 60,
        EvaluationPeriods: 2,
        TreatMissingData: 'notBreaching',
        ...Object.fromEntries(Object.keys(actions).map((name) => [name, [{ Ref: topic }]])),
      },
    };
  });

/** What happened while the check failed for three minutes, and for some more. */
async function failing(of: Site) {
  const { world } = await stillWorld(of, '2026-11-30T12:00');
  const events: ServiceEvent[] = [];
  const { emit } = world.bus;
  world.bus.emit = (event) => {
    events.push(event);
    return emit.call(world.bus, event);
  };
  for (let minute = 0; minute < 3; minute++) {
    fail(world);
    await wait(world, 1);
  }
  await wait(world, 6);
  const alarms = events.filter(({ source }) => source === 'aws.cloudwatch');
  return { world, alarms };
}

const fail = ({ cloudwatch }: World) =>
  cloudwatch.record('AWS/EC2', 'StatusCheckFailed_System', DIMENSIONS, 1);

const wait = ({ clock }: World, minutes: number) =>
  clock.runUntil(new Date(clock.now + minutes * MINUTE_MS), () => {});

it('an alarm tells the bus of each change, with what was before', async () => {
  const { alarms } = await failing(checked());

  const data = { version: '1.0', statistic: 'Maximum', period: 60, threshold: 1 };
  const stamp = expect.stringMatching(/^2026-11-30T17:0\d:\d\d\.\d{3}\+0000$/);
  expect(alarms).toEqual([
    {
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      resources: ['arn:aws:cloudwatch:ca-central-1:111122223333:alarm:clinic-node-a-system'],
      detail: {
        alarmName: 'clinic-node-a-system',
        configuration: {
          description: 'The machine under node a is broken.',
          metrics: [
            {
              id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
              metricStat: {
                metric: {
                  dimensions: DIMENSIONS,
                  name: 'StatusCheckFailed_System',
                  namespace: 'AWS/EC2',
                },
                period: 60,
                stat: 'Maximum',
              },
              returnData: true,
            },
          ],
        },
        previousState: expect.objectContaining({ value: 'OK', timestamp: stamp }),
        state: {
          value: 'ALARM',
          reason: expect.stringContaining('Threshold Crossed: 2 out of the last 2 datapoints'),
          reasonData: expect.any(String),
          timestamp: stamp,
        },
      },
    },
    expect.objectContaining({
      detail: expect.objectContaining({
        previousState: expect.objectContaining({ value: 'ALARM' }),
        state: expect.objectContaining({ value: 'OK' }),
      }),
    }),
  ]);
  const [sounding] = alarms as unknown as { readonly detail: { readonly state: Standing } }[];
  const said = JSON.parse(sounding?.detail.state.reasonData ?? '');
  expect(said).toMatchObject({ ...data, recentDatapoints: [1, 1] });
});

it.each([
  [{}, []],
  [{ AlarmActions: true }, ['ALARM']],
  [{ AlarmActions: true, OKActions: true }, ['ALARM', 'OK']],
])('an alarm with %j mails as much', async (actions, expected) => {
  const { world } = await failing(checked({ actions }));

  const states = world.trace.deliveries.map(({ subject }) => subject.split(':')[0]);
  expect(states).toEqual(expected);
});

it.each([
  ['goes on over an alarm that no rule hears', 'other', true],
  ['ends where a rule may hear of an alarm', 'aws.cloudwatch', false],
])('a quiet time %s', async (_what, source, housekeeping) => {
  const { world } = await stillWorld(checked({ source }), '2026-11-30T12:00');
  const looks: unknown[] = [];
  world.clock.after = (_ms, _run, options) => {
    looks.push(options?.housekeeping);
    return () => {};
  };

  fail(world);

  expect(looks).toEqual([housekeeping, housekeeping, housekeeping]);
});
