import type { Site } from '../site.ts';
import type { World } from '../world.ts';
import {
  type Alarm,
  type AlarmState,
  alarmsOf,
  breaches,
  changeOf,
  keyOf,
  type Statistic,
  standingFor,
  stateFor,
} from './alarms.ts';

/** What is kept of the values of a minute. */
type Minute = Readonly<Record<Exclude<Statistic, 'Average'>, number>>;

/** A value arrives some time after what it tells of. */
const DELAY_MS = 60_000;

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
    const standings = new Map(this.alarms.map(({ arn, standing }) => [arn, standing]));
    const alarms = alarmsOf(site, standings, this.world.clock.now);
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
    const known = Math.floor((this.world.clock.now - DELAY_MS) / 60_000);
    const width = periodMs / 60_000;
    const found: (Minute | undefined)[] = Array.from({ length: periods });
    for (const [minute, value] of this.metrics.get(metric) ?? []) {
      // A minute that is not over yet is no period of its own: its values are not all there.
      const index = Math.max(0, Math.floor((known - minute) / width));
      if (index >= periods) continue;
      const before = found[index];
      found[index] = before ? together(before, value) : value;
    }
    return found.map((period) => period && statisticOf(period, statistic));
  }

  /** Looks when a value has arrived, when its period is over, and when it has left the window. */
  private soon(alarm: Alarm): void {
    const { periodMs, periods } = alarm;
    // What a rule hears of an alarm may set a function going, which ends a quiet time.
    const housekeeping = !this.heard(alarm);
    for (const wait of new Set([0, periodMs, periodMs * periods])) {
      this.world.clock.after(DELAY_MS + wait, () => this.evaluate(alarm), { housekeeping });
    }
  }

  /** Whether some rule is for a change of this alarm. */
  private heard(alarm: Alarm): boolean {
    const { bus } = this.world;
    const states: readonly AlarmState[] = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];
    return states.some((value) =>
      bus.hears(changeOf(alarm, { ...alarm.standing, value }, alarm.standing)),
    );
  }

  /** An alarm on silence looks when the newest count has left its window, and then each minute. */
  private watch(alarm: Alarm, since = this.world.clock.now): void {
    const { clock } = this.world;
    const window = alarm.periodMs * alarm.periods + DELAY_MS;
    const due = () => Math.max(since, this.newest(alarm)) + window;
    const look = () => {
      if (!this.alarms.includes(alarm)) return;
      if (sounds(alarm) || due() <= clock.now) this.evaluate(alarm);
      const next = clock.now + 60_000;
      clock.at(sounds(alarm) ? next : Math.max(due(), next), look, { housekeeping: true });
    };
    clock.at(due(), look, { housekeeping: true });
  }

  /** The last minute from which there is any value, epoch milliseconds. */
  private newest({ metric }: Alarm): number {
    return Math.max(0, ...[...(this.metrics.get(metric)?.keys() ?? [])].slice(-1)) * 60_000;
  }

  private evaluate(alarm: Alarm): void {
    const { bus, clock, sns } = this.world;
    if (!this.alarms.includes(alarm)) return;
    const values = this.periodsOf(alarm);
    const state = stateFor(alarm, values);
    const before = alarm.standing;
    if (state === undefined || state === before.value) return;
    alarm.standing = standingFor(alarm, state, values, clock.now);
    alarm.site.say('alarm', alarm.name, state, alarm.description);
    bus.emit(changeOf(alarm, alarm.standing, before));
    for (const action of alarm.actions[state] ?? []) {
      const text = `${state}: ${alarm.name}\n\n${alarm.description}`;
      sns.notify(alarm.arn, action, `${state}: "${alarm.name}"`, text);
    }
  }
}

const sounds = ({ standing }: Alarm): boolean => standing.value === 'ALARM';

const only = (value: number): Minute => ({
  Maximum: value,
  Minimum: value,
  SampleCount: 1,
  Sum: value,
});

const together = (one: Minute, other: Minute): Minute => ({
  Maximum: Math.max(one.Maximum, other.Maximum),
  Minimum: Math.min(one.Minimum, other.Minimum),
  SampleCount: one.SampleCount + other.SampleCount,
  Sum: one.Sum + other.Sum,
});

const statisticOf = (of: Minute, statistic: Statistic): number =>
  statistic === 'Average' ? of.Sum / of.SampleCount : of[statistic];

/**
 * Whether a value can set the alarm off or end it. One on silence looks by itself while it sounds;
 * what is not below its threshold sets none off, and most of its values are such.
 */
const mayChange = (alarm: Alarm, value: number): boolean =>
  alarm.missing !== 'breaching' || !alarm.operator.startsWith('Less') || breaches(alarm, value);
