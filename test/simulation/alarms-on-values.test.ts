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
      'adds up over a whole day',
      { Statistic: 'Sum', Period: 86_400, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
      [5, 5, 5],
      ['OK', 'OK', 'ALARM'],
    ],
  ])('%s', async (_what, properties, values, expected) => {
    expect(await states(properties, values)).toEqual(expected);
  });

  it.each([
    [{ Statistic: 'Average' }, /LessThanThreshold of Average is not modelled/],
    [{ TreatMissingData: 'missing' }, /TreatMissingData missing is not modelled/],
    [{ Period: 172_800 }, /a period of 172800 seconds is not modelled/],
    [{ Period: 30 }, /a period of 30 seconds is not modelled/],
  ])('is refused with %j', async (properties, says) => {
    await expect(stillWorld(alarmed(properties))).rejects.toThrow(says);
  });
});
