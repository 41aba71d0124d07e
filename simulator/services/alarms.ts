import { NotModelled } from '../aws-error.ts';
import type { Site } from '../site.ts';
import type { Resource, ResourceType } from '../template.ts';
import type { ServiceEvent } from './eventbridge.ts';

export const cloudwatchTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::CloudWatch::Alarm': {
    reads: [
      'AlarmActions',
      'AlarmDescription',
      'ComparisonOperator',
      'DatapointsToAlarm',
      'Dimensions',
      'EvaluationPeriods',
      'MetricName',
      'Namespace',
      'OKActions',
      'Period',
      'Statistic',
      'Threshold',
      'TreatMissingData',
    ],
    ignores: ['AlarmName'],
    names: (resource) => {
      const name = String(resource.optional('AlarmName') ?? resource.generatedName());
      return { ref: name, attributes: { Arn: resource.arn('cloudwatch', `alarm:${name}`) } };
    },
  },
};

export type AlarmState = 'ALARM' | 'INSUFFICIENT_DATA' | 'OK';

/** The state of an alarm, since when, and why. */
export interface Standing {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON; absent while nothing has been evaluated. */
  readonly reasonData?: string;
  /** `2026-11-30T12:00:00.000+0000` */
  readonly timestamp: string;
}

export interface Alarm {
  readonly site: Site;
  readonly arn: string;
  readonly name: string;
  /** What CloudWatch calls it, where `name` is what people know it by. */
  readonly alarmName: string;
  readonly metric: string;
  readonly description: string;
  readonly actions: Readonly<Partial<Record<AlarmState, readonly string[]>>>;
  readonly periodMs: number;
  readonly periods: number;
  /** How many of the periods must breach. */
  readonly datapoints: number;
  readonly statistic: Statistic;
  readonly threshold: number;
  readonly operator: Operator;
  readonly missing: Missing;
  /** The metric, as events about the alarm describe it. */
  readonly metrics: readonly object[];
  standing: Standing;
}

const STATISTICS = ['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'] as const;
export type Statistic = (typeof STATISTICS)[number];

const OPERATORS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
} as const;
type Operator = keyof typeof OPERATORS;
const KNOWN_OPERATORS = Object.keys(OPERATORS) as Operator[];

/**
 * What a period without any value counts as.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const MISSING = ['breaching', 'ignore', 'missing', 'notBreaching'] as const;
type Missing = (typeof MISSING)[number];

const DAY_S = 86_400;

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/** The alarms of a site. Each that was there keeps its standing; the others begin. */
export function alarmsOf(
  site: Site,
  standings: ReadonlyMap<string, Standing>,
  now: number,
): Alarm[] {
  return site.assembly.resources('AWS::CloudWatch::Alarm').map((resource) => {
    const alarm = alarmOf(site, resource, now);
    return { ...alarm, standing: standings.get(alarm.arn) ?? alarm.standing };
  });
}

function alarmOf(site: Site, resource: Resource, now: number): Alarm {
  const { ref: alarmName, attributes } = site.assembly.names(resource);
  const operator = KNOWN_OPERATORS.find((one) => one === resource.text('ComparisonOperator'));
  const statistic = STATISTICS.find((one) => one === resource.text('Statistic'));
  const missing = MISSING.find((one) => one === resource.text('TreatMissingData'));
  const period = Number(resource.required('Period'));
  const periods = Number(resource.required('EvaluationPeriods'));
  const unlike = (what: string) => new NotModelled(`${resource.where}: ${what} is not modelled`);
  if (!operator || !statistic) {
    throw unlike(`${resource.text('ComparisonOperator')} of ${resource.text('Statistic')}`);
  }
  if (!missing) throw unlike(`TreatMissingData ${resource.text('TreatMissingData')}`);
  if (period % 60 !== 0 || period > DAY_S) throw unlike(`a period of ${period} seconds`);
  const given = (resource.optional('Dimensions') ?? []) as Dimension[];
  const dimensions = Object.fromEntries(given.map(({ Name, Value }) => [Name, Value]));
  const [namespace, name] = [resource.text('Namespace'), resource.text('MetricName')];
  const actions = (property: string) =>
    ((resource.optional(property) ?? []) as string[]).map(String);
  return {
    site,
    arn: String(attributes?.Arn),
    name: resource.where.split(' ')[0]?.replace(/\/Alarm$/, '') ?? '',
    alarmName,
    metric: keyOf(namespace, name, dimensions),
    description: resource.text('AlarmDescription'),
    actions: { ALARM: actions('AlarmActions'), OK: actions('OKActions') },
    periodMs: period * 1000,
    periods,
    datapoints: Number(resource.optional('DatapointsToAlarm') ?? periods),
    statistic,
    threshold: Number(resource.required('Threshold')),
    operator,
    missing,
    metrics: [
      {
        id: resource.fingerprint(32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
        metricStat: { metric: { dimensions, name, namespace }, period, stat: statistic },
        returnData: true,
      },
    ],
    standing: {
      // What does without values is taken for well until there are some.
      value: missing === 'missing' ? 'INSUFFICIENT_DATA' : 'OK',
      reason: 'Unchecked: Initial alarm creation',
      timestamp: stamp(now),
    },
  };
}

/** By what values are found again. */
export const keyOf = (
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
): string => JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);

export const breaches = ({ operator, threshold }: Alarm, value: number): boolean =>
  OPERATORS[operator](value, threshold);

/**
 * The state that an alarm comes to with these statistics of its periods, the last one first.
 * Undefined where it stays as it is: fewer values than it looks at, and it is to ignore that.
 */
export function stateFor(
  alarm: Alarm,
  values: readonly (number | undefined)[],
): AlarmState | undefined {
  const { datapoints, missing } = alarm;
  const known = values.filter((value) => value !== undefined);
  if (missing === 'ignore' && known.length < values.length) return undefined;
  if (missing === 'missing' && known.length === 0) return 'INSUFFICIENT_DATA';
  const silent = missing === 'breaching' ? values.length - known.length : 0;
  const bad = known.filter((value) => breaches(alarm, value)).length + silent;
  // What is missing is left out: what is there decides alone.
  const needed = missing === 'missing' ? Math.min(datapoints, known.length) : datapoints;
  return bad >= needed ? 'ALARM' : 'OK';
}

/** What CloudWatch says of a state that these statistics have led to. */
export function standingFor(
  { periodMs, periods, statistic, threshold }: Alarm,
  value: AlarmState,
  values: readonly (number | undefined)[],
  now: number,
): Standing {
  const recentDatapoints = values.filter((one) => one !== undefined).reverse();
  const many = `${recentDatapoints.length} out of the last ${periods} datapoints`;
  const crossing = value === 'ALARM' ? 'crossed' : 'did not cross';
  const reasonData = {
    version: '1.0',
    queryDate: stamp(now),
    startDate: stamp(now - periods * periodMs),
    statistic,
    period: periodMs / 1000,
    recentDatapoints,
    threshold,
  };
  return {
    value,
    reason:
      value === 'INSUFFICIENT_DATA'
        ? `Insufficient Data: ${periods} datapoints were unknown.`
        : `Threshold Crossed: ${many} [${recentDatapoints.join(', ')}] ${crossing} the threshold (${threshold}).`,
    reasonData: JSON.stringify(reasonData),
    timestamp: stamp(now),
  };
}

/**
 * The event that tells of a change.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export const changeOf = (
  { alarmName, arn, description, metrics }: Alarm,
  state: Standing,
  previousState: Standing,
): ServiceEvent => ({
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  resources: [arn],
  detail: { alarmName, configuration: { description, metrics }, previousState, state },
});

const stamp = (at: number): string => new Date(at).toISOString().replace('Z', '+0000');
