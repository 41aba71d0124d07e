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
  readonly threshold: number;
  readonly below: boolean;
  readonly missingBreaches: boolean;
  sounding: boolean;
}

/** A count arrives some time after what it counts. */
const DELAY_MS = 60_000;

/** CloudWatch: counts per period, and alarms over them. */
export class CloudWatch {
  private readonly world: World;
  private alarms: readonly Alarm[] = [];
  /** Per metric, the count of each minute. */
  private readonly counts = new Map<string, Map<number, number>>();

  constructor(world: World) {
    this.world = world;
  }

  /** The alarms of a site from now on; one that was there keeps its state. */
  deploy(site: Site): void {
    const { assembly } = site;
    const sounding = new Set(this.alarms.filter((one) => one.sounding).map(({ arn }) => arn));
    const alarms = assembly.resources('AWS::CloudWatch::Alarm').map((resource) => {
      const operator = resource.text('ComparisonOperator');
      const known = ['LessThanThreshold', 'GreaterThanOrEqualToThreshold'];
      if (!known.includes(operator) || resource.text('Statistic') !== 'Sum') {
        throw new NotModelled(
          `${resource.where}: ${operator} of ${resource.text('Statistic')} is not modelled`,
        );
      }
      const dimensions = resource.required('Dimensions') as { Name: string; Value: string }[];
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
        periodMs: Number(resource.required('Period')) * 1000,
        periods: Number(resource.required('EvaluationPeriods')),
        threshold: Number(resource.required('Threshold')),
        below: operator === 'LessThanThreshold',
        missingBreaches: resource.text('TreatMissingData') === 'breaching',
        sounding: sounding.has(arn),
      };
    });
    this.alarms = [...this.alarms.filter((alarm) => alarm.site !== site), ...alarms];
    for (const alarm of alarms) {
      if (!this.counts.has(alarm.metric)) this.counts.set(alarm.metric, new Map());
      if (alarm.missingBreaches) this.watch(alarm);
    }
  }

  /** Adds one to a metric that some alarm watches, now or at another instant. */
  count(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    at = this.world.clock.now,
  ): void {
    const key = keyOf(namespace, name, dimensions);
    const minutes = this.counts.get(key);
    if (!minutes) return;
    const minute = Math.floor(at / 60_000);
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    minutes.delete(minute - 1440);
    for (const alarm of this.alarms) {
      if (alarm.metric === key && !alarm.missingBreaches) this.soon(alarm);
    }
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

  /** The last minute in which anything was counted, epoch milliseconds. */
  private newest({ metric }: Alarm): number {
    return Math.max(0, ...[...(this.counts.get(metric)?.keys() ?? [])].slice(-1)) * 60_000;
  }

  private evaluate(alarm: Alarm): void {
    const { clock, sns } = this.world;
    if (!this.alarms.includes(alarm)) return;
    const minutes = this.counts.get(alarm.metric);
    const now = Math.floor(clock.now / 60_000);
    const width = alarm.periodMs / 60_000;
    const breaches = Array.from({ length: alarm.periods }, (_unused, index) => {
      const end = now - index * width;
      const values = Array.from({ length: width }, (_one, back) => minutes?.get(end - back));
      if (values.every((value) => value === undefined)) return alarm.missingBreaches;
      const sum = values.reduce<number>((total, value) => total + (value ?? 0), 0);
      return alarm.below ? sum < alarm.threshold : sum >= alarm.threshold;
    });
    const sounding = breaches.every(Boolean);
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

const keyOf = (
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
): string => JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
