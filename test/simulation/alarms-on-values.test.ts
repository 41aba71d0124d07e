import { describe, expect, it } from 'vitest';
import { clinic } from './support/faulted.ts';
import { edited } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

const HOUR_MS = 3_600_000;

/** The clinic with one alarm alone, on a metric of its own. */
const alarmed = (properties: object) =>
  edited(clinic, ({ Resources }) => {
    const alarms = Object.entries(Resources).filter(([, one]) => one.Type.endsWith('::Alarm'));
    const [first, ...others] = alarms;
    for (const [id] of others) delete Resources[id];
    Object.assign(first?.[1].Properties, {
      Namespace: 'Orthweb',
      MetricName: 'Days',
      Dimensions: [{ Name: 'Site', Value: 'clinic' }],
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 14,
      Period: 3600,
      EvaluationPeriods: 1,
      TreatMissingData: 'ignore',
      ...properties,
    });
  });

/** The states that the alarm came to, an hour after another: a value at the begin of each, or none. */
async function states(properties: object, values: readonly (number | undefined)[]) {
  const { world } = await stillWorld(alarmed(properties), '2026-11-30T12:00');
  const { api, clock, site, trace } = world;
  const known: string[] = [];
  const by = { site } as never;
  for (const value of values) {
    const dimensions = { Site: 'clinic' };
    if (value !== undefined) {
      const measures = [{ name: 'Days', unit: 'None' as const, value, dimensions }];
      await api.within(by, async () => api.clients.measures.put(measures));
    }
    await clock.runUntil(new Date(clock.now + HOUR_MS), () => {});
    known.push(trace.entries.filter(({ kind }) => kind === 'alarm').at(-1)?.text ?? 'OK');
  }
  return known;
}

const NO_DATA = 'INSUFFICIENT_DATA';

describe('an alarm on values', () => {
  it.each<[string, object, (number | undefined)[], string[]]>([
    [
      'keeps its state while none come, where it ignores that',
      {},
      [20, 13, undefined, 20, undefined],
      ['OK', 'ALARM', 'ALARM', 'OK', 'OK'],
    ],
    [
      'is over without them, where that is well',
      { TreatMissingData: 'notBreaching' },
      [13, undefined, undefined],
      ['ALARM', 'OK', 'OK'],
    ],
    [
      'sounds without them, where that is not well, and for values as well',
      { TreatMissingData: 'breaching' },
      [20, undefined, undefined, 20, 13],
      ['OK', 'ALARM', 'ALARM', 'OK', 'ALARM'],
    ],
    [
      'looks at the highest of a period',
      { Statistic: 'Maximum', ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
      [13, 14],
      ['OK', 'ALARM'],
    ],
    [
      'waits for as many periods as it is told to',
      { EvaluationPeriods: 2, TreatMissingData: 'notBreaching' },
      [13, 13, undefined],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'sounds when so many of its periods are bad, whichever, until they have left its window',
      { EvaluationPeriods: 3, DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' },
      [13, 20, 13, undefined, undefined],
      ['OK', 'OK', 'ALARM', 'OK', 'OK'],
    ],
    [
      'knows nothing without them, where that is neither well nor bad',
      { TreatMissingData: 'missing' },
      [20, undefined, 13, undefined, undefined],
      ['OK', NO_DATA, 'ALARM', NO_DATA, NO_DATA],
    ],
    [
      'goes by those that are there, where the others are neither well nor bad',
      { TreatMissingData: 'missing', EvaluationPeriods: 2 },
      [13, undefined, undefined],
      ['ALARM', 'ALARM', NO_DATA],
    ],
    [
      'is not set off by its threshold itself, where it is to be above it',
      { Statistic: 'Maximum', ComparisonOperator: 'GreaterThanThreshold' },
      [14, 15],
      ['OK', 'ALARM'],
    ],
    [
      'is set off by its threshold itself, where it is to be above that',
      { ComparisonOperator: 'LessThanOrEqualToThreshold' },
      [15, 14],
      ['OK', 'ALARM'],
    ],
    [
      'counts values, however high',
      {
        Statistic: 'SampleCount',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        TreatMissingData: 'notBreaching',
      },
      [undefined, 0, undefined],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'takes the mean of two days',
      { Statistic: 'Average', Period: 7200 },
      [16, 13, 10],
      ['OK', 'OK', 'ALARM'],
    ],
    [
      'adds up over a whole day',
      { Statistic: 'Sum', Period: 86_400, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
      [5, 5, 5],
      ['OK', 'OK', 'ALARM'],
    ],
  ])('%s', async (_what, properties, values, expected) => {
    expect(await states(properties, values)).toEqual(expected);
  });

  it.each([
    [{ Statistic: 'Median' }, /LessThanThreshold of Median is not modelled/],
    [{ ComparisonOperator: 'Outside' }, /Outside of Minimum is not modelled/],
    [{ TreatMissingData: 'other' }, /TreatMissingData other is not modelled/],
    [{ Period: 172_800 }, /a period of 172800 seconds is not modelled/],
    [{ Period: 30 }, /a period of 30 seconds is not modelled/],
  ])('is refused with %j', async (properties, says) => {
    await expect(stillWorld(alarmed(properties))).rejects.toThrow(says);
  });
});
