import { NotModelled } from '../aws-error.ts';
import type { Site } from '../site.ts';
import type { ResourceType } from '../template.ts';
import type { World } from '../world.ts';

export const cloudwatchTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::CloudWatch::Alarm': {
    reads: [
      'AlarmActions',
      'AlarmDescription',
      'ComparisonOperator',
      'Dimensions',
      'EvaluationPeriods',
      'MetricName',
      'Namespace',
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

interface Alarm {
  readonly site: Site;
  readonly arn: string;
  readonly name: string;
  readonly metric: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly periodMs: number;
  readonly periods: number;
  readonly statistic: Statistic;
  readonly threshold: number;
  readonly below: boolean;
  readonly missing: Missing;
  sounding: boolean;
}

const STATISTICS = ['Maximum', 'Minimum', 'Sum'] as const;
type Statistic = (typeof STATISTICS)[number];

/**
 * What a period without any value counts as. `missing` would need a third state of an alarm.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const MISSING = ['breaching', 'ignore', 'notBreaching'] as const;
type Missing = (typeof MISSING)[number];

/** What is kept of the values of a minute. */
type Minute = Readonly<Record<Statistic, number>>;

/** A value arrives some time after what it tells of. */
const DELAY_MS = 60_000;
const DAY_S = 86_400;

/** CloudWatch: values per period, and alarms over them. */
export class CloudWatch {
  private readonly world: World;
  private alarms: readonly Alarm[] = [];
  /** Per metric, what came in each minute, the newest last. */
  private readonly metrics = new Map<string, Map<number, Minute>>();

  constructor(world: World) {
    this.world = world;
  }

  /** The alarms of a site from now on; one that was there keeps its state. */
  deploy(site: Site): void {
    const { assembly } = site;
    const sounding = new Set(this.alarms.filter((one) => one.sounding).map(({ arn }) => arn));
    const alarms = assembly.resources('AWS::CloudWatch::Alarm').map((resource) => {
      const operator = resource.text('ComparisonOperator');
      const statistic = STATISTICS.find((one) => one === resource.text('Statistic'));
      const missing = MISSING.find((one) => one === resource.text('TreatMissingData'));
      const known = ['LessThanThreshold', 'GreaterThanOrEqualToThreshold'];
      const period = Number(resource.required('Period'));
      const unlike = (what: string) =>
        new NotModelled(`${resource.where}: ${what} is not modelled`);
      if (!known.includes(operator) || !statistic) {
        throw unlike(`${operator} of ${resource.text('Statistic')}`);
      }
      if (!missing) throw unlike(`TreatMissingData ${resource.text('TreatMissingData')}`);
      if (period % 60 !== 0 || period > DAY_S) throw unlike(`a period of ${period} seconds`);
      const dimensions = (resource.optional('Dimensions') ?? []) as Dimension[];
      const arn = String(assembly.names(resource).attributes?.Arn);
      return {
        site,
        arn,
        name: resource.where.split(' ')[0]?.replace(/\/Alarm$/, '') ?? '',
        metric: keyOf(
          resource.text('Namespace'),
          resource.text('MetricName'),
          Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
        ),
        description: resource.text('AlarmDescription'),
        actions: (resource.required('AlarmActions') as string[]).map(String),
        periodMs: period * 1000,
        periods: Number(resource.required('EvaluationPeriods')),
        statistic,
        threshold: Number(resource.required('Threshold')),
        below: operator === 'LessThanThreshold',
        missing,
        sounding: sounding.has(arn),
      };
    });
    this.alarms = [...this.alarms.filter((alarm) => alarm.site !== site), ...alarms];
    for (const alarm of alarms) {
      if (!this.metrics.has(alarm.metric)) this.metrics.set(alarm.metric, new Map());
      if (alarm.missing === 'breaching') this.watch(alarm);
    }
  }

  /** Adds one to a metric that some alarm watches, now or at another instant. */
  count(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    at = this.world.clock.now,
  ): void {
    this.record(namespace, name, dimensions, 1, at);
  }

  /** Adds a value to a metric; what no alarm watches is forgotten. */
  record(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    value: number,
    at = this.world.clock.now,
  ): void {
    const key = keyOf(namespace, name, dimensions);
    const minutes = this.metrics.get(key);
    if (!minutes) return;
    const minute = Math.floor(at / 60_000);
    const before = minutes.get(minute);
    minutes.set(minute, before ? together(before, only(value)) : only(value));
    const alarms = this.alarms.filter(({ metric }) => metric === key);
    const longest = Math.max(0, ...alarms.map(({ periodMs, periods }) => periodMs * periods));
    for (const old of minutes.keys()) {
      if (old * 60_000 >= at - longest - DELAY_MS) break;
      minutes.delete(old);
    }
    for (const alarm of alarms) if (mayChange(alarm, value)) this.soon(alarm);
  }

  /** The statistic of each of its periods, the last one first; undefined for one without a value. */
  private periodsOf({ metric, periodMs, periods, statistic }: Alarm): (number | undefined)[] {
    const now = Math.floor(this.world.clock.now / 60_000);
    const width = periodMs / 60_000;
    const found: (Minute | undefined)[] = Array.from({ length: periods });
    for (const [minute, value] of this.metrics.get(metric) ?? []) {
      const index = Math.floor((now - minute) / width);
      if (index < 0 || index >= periods) continue;
      const before = found[index];
      found[index] = before ? together(before, value) : value;
    }
    return found.map((period) => period?.[statistic]);
  }

  private soon(alarm: Alarm): void {
    const wait = alarm.periodMs + DELAY_MS;
    this.world.clock.after(DELAY_MS, () => this.evaluate(alarm), { housekeeping: true });
    this.world.clock.after(wait, () => this.evaluate(alarm), { housekeeping: true });
  }

  /** An alarm on silence looks when the newest count has left its window, and then each minute. */
  private watch(alarm: Alarm, since = this.world.clock.now): void {
    const { clock } = this.world;
    const window = alarm.periodMs * alarm.periods + DELAY_MS;
    const due = () => Math.max(since, this.newest(alarm)) + window;
    const look = () => {
      if (!this.alarms.includes(alarm)) return;
      if (alarm.sounding || due() <= clock.now) this.evaluate(alarm);
      const next = clock.now + 60_000;
      clock.at(alarm.sounding ? next : Math.max(due(), next), look, { housekeeping: true });
    };
    clock.at(due(), look, { housekeeping: true });
  }

  /** The last minute from which there is any value, epoch milliseconds. */
  private newest({ metric }: Alarm): number {
    return Math.max(0, ...[...(this.metrics.get(metric)?.keys() ?? [])].slice(-1)) * 60_000;
  }

  private evaluate(alarm: Alarm): void {
    const { sns } = this.world;
    if (!this.alarms.includes(alarm)) return;
    const values = this.periodsOf(alarm);
    // Fewer values than it looks at leave it as it is.
    if (alarm.missing === 'ignore' && values.includes(undefined)) return;
    const sounding = values.every((value) =>
      value === undefined ? alarm.missing === 'breaching' : breaches(alarm, value),
    );
    if (sounding === alarm.sounding) return;
    alarm.sounding = sounding;
    alarm.site.say('alarm', alarm.name, sounding ? 'ALARM' : 'OK', alarm.description);
    if (sounding) {
      for (const action of alarm.actions) {
        sns.notify(
          alarm.arn,
          action,
          `ALARM: "${alarm.name}"`,
          `ALARM: ${alarm.name}\n\n${alarm.description}`,
        );
      }
    }
  }
}

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

const only = (value: number): Minute => ({ Maximum: value, Minimum: value, Sum: value });

const together = (one: Minute, other: Minute): Minute => ({
  Maximum: Math.max(one.Maximum, other.Maximum),
  Minimum: Math.min(one.Minimum, other.Minimum),
  Sum: one.Sum + other.Sum,
});

const breaches = ({ below, threshold }: Alarm, value: number): boolean =>
  below ? value < threshold : value >= threshold;

/**
 * Whether a value can set the alarm off or end it. One on silence looks by itself while it sounds;
 * what is not below its threshold sets none off, and most of its values are such.
 */
const mayChange = (alarm: Alarm, value: number): boolean =>
  alarm.missing !== 'breaching' || !alarm.below || breaches(alarm, value);

const keyOf = (
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
): string => JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
