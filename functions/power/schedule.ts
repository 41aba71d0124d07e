// Temporal as single functions: as classes it would be a sixth of a bundle.
import * as Instant from 'temporal-polyfill/fns/Instant';
import * as PlainDateTime from 'temporal-polyfill/fns/PlainDateTime';
import * as ZonedDateTime from 'temporal-polyfill/fns/ZonedDateTime';
import { DAY_MS, type Day, type Schedule, WEEKDAYS } from './schedule-input.ts';

export {
  type ExceptionInput,
  InvalidSchedule,
  type Problem,
  parseSchedule,
  type Schedule,
  type ScheduleInput,
  type WindowInput,
} from './schedule-input.ts';

export interface Desired {
  readonly state: 'running' | 'stopped';
  /** For the operator: `outside the windows until Mon 23 Nov 07:00`, in local time. */
  readonly reason: string;
  /** The transition that began this state; undefined when there was none in ten years. */
  readonly since: Date | undefined;
  /** The transition that ends it; undefined when there is none in ten years. */
  readonly until: Date | undefined;
}

export interface Transition {
  readonly at: Date;
  readonly state: 'running' | 'stopped';
  readonly reason: string;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const MINUTE_MS = 60_000;
/** Ten years: how far a schedule is searched for a transition before it counts as having none. */
const HORIZON_DAYS = 3653;

/**
 * Says whether the site should run at this instant, why, since when and until when.
 *
 * A window's edge inside the spring gap happens at the first instant after the gap. In the hour
 * that autumn repeats a window begins at the first occurrence and ends at the second, so that the
 * site never flaps.
 */
export function desiredState(schedule: Schedule, instant: Date): Desired {
  const timeline = timelines.get(schedule) ?? new Timeline(schedule);
  timelines.set(schedule, timeline);
  return timeline.at(instant.getTime());
}

/** The next `count` changes of the desired state after `from`, soonest first; fewer if none come. */
export function nextTransitions(schedule: Schedule, from: Date, count: number): Transition[] {
  const transitions: Transition[] = [];
  let at = desiredState(schedule, from).until;
  while (at !== undefined && transitions.length < count) {
    const { state, reason, until } = desiredState(schedule, at);
    transitions.push({ at, state, reason });
    at = until;
  }
  return transitions;
}

/** Each local `HH:MM` at which some window begins or ends, sorted, once; `24:00` is `00:00`. */
export function timesOfDay(schedule: Schedule): string[] {
  const windows = [...schedule.windows, ...schedule.exceptions.flatMap(({ windows }) => windows)];
  return [...new Set(windows.flatMap(({ from, to }) => [from, to].map(clockTime)))].sort();
}

/** `Mon 23 Nov 07:00`: the wall clock in a zone, the same under every locale. */
export function localTime(instant: Date, timeZone: string): string {
  const at = zoned(instant.getTime(), timeZone);
  const weekday = WEEKDAYS[ZonedDateTime.dayOfWeek(at) % 7]?.slice(0, 3);
  return `${weekday} ${at.day} ${MONTHS[at.month - 1]} ${clockTime(at.hour * 60 + at.minute)}`;
}

/** Epoch milliseconds without a pause between them: `begin` included, `end` excluded. */
interface Run {
  readonly begin: number;
  readonly end: number;
  /** Of the windows that make it. */
  readonly labels: ReadonlySet<string>;
}

/**
 * The runs of a schedule around the instants that were asked for.
 *
 * Local dates are expensive and the site tick asks each minute: no day is worked out twice, and an
 * answer is kept for as long as it holds. Days without a window cost next to nothing, so that a
 * schedule of one day a year is as quick as any.
 */
class Timeline {
  readonly #schedule: Schedule;
  /** In order; all that begin on the days from `#first` to before `#end`. */
  #runs: readonly Run[] = [];
  #first: Day = Infinity;
  #end: Day = -Infinity;
  #latest: Desired | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  at(now: number): Desired {
    const { since, until } = this.#latest ?? {};
    const holds = (since?.getTime() ?? -Infinity) <= now && now < (until?.getTime() ?? Infinity);
    if (this.#latest === undefined || !holds) this.#latest = this.#answer(now);
    return this.#latest;
  }

  #answer(now: number): Desired {
    const today = localDay(now, this.#schedule.timeZone);
    if (this.#first > this.#end) this.#first = this.#end = today;
    while (this.#end < today + 2) this.#add(this.#end++);
    while (this.#since(now) === undefined && this.#first > today - HORIZON_DAYS) {
      this.#add(--this.#first);
    }
    while (this.#until(now) === undefined && this.#end < today + HORIZON_DAYS) {
      this.#add(this.#end++);
    }
    const run = this.#runs.find(({ begin, end }) => begin <= now && now < end);
    const [since, until] = [this.#since(now), this.#until(now)].map((edge) =>
      edge === undefined ? undefined : new Date(edge),
    );
    return run === undefined
      ? { state: 'stopped', reason: whyStopped(this.#schedule, since, until), since, until }
      : { state: 'running', reason: whyRunning(this.#schedule, run, until), since, until };
  }

  /** The last edge until now, unless days before `#first` may still move it: a window lasts a day. */
  #since(now: number): number | undefined {
    const edge = this.#edges().findLast((at) => at <= now);
    return edge !== undefined && edge >= (this.#first + 2) * DAY_MS ? edge : undefined;
  }

  /** The next edge, unless days from `#end` on may still move it: a zone is under a day from UTC. */
  #until(now: number): number | undefined {
    const edge = this.#edges().find((at) => now < at);
    return edge !== undefined && edge < (this.#end - 1) * DAY_MS ? edge : undefined;
  }

  #edges(): number[] {
    return this.#runs.flatMap(({ begin, end }) => [begin, end]);
  }

  #add(day: Day): void {
    const { timeZone, windows, exceptions } = this.#schedule;
    const weekday = new Date(day * DAY_MS).getUTCDay();
    const exception = exceptions.find(({ covers }) => covers(day));
    const opening = exception?.windows ?? windows.filter(({ weekdays }) => weekdays.has(weekday));
    const runs = opening.map(({ from, to, label }) => ({
      begin: instantOf(day, from, 'begin', timeZone),
      end: instantOf(day, to, 'end', timeZone),
      labels: new Set([label]),
    }));
    if (runs.length > 0) this.#runs = united([...this.#runs, ...runs]);
  }
}

/** Beside the schedules, which stay plain data; each goes with its schedule. */
const timelines = new WeakMap<Schedule, Timeline>();

/** Joins what overlaps or touches; drops what the spring gap swallows whole. */
function united(runs: readonly Run[]): Run[] {
  const result: Run[] = [];
  for (const run of runs.toSorted((one, other) => one.begin - other.begin)) {
    const before = result.at(-1);
    if (run.begin === run.end) continue;
    if (before === undefined || before.end < run.begin) {
      result.push(run);
    } else {
      const labels = new Set([...before.labels, ...run.labels]);
      result[result.length - 1] = { ...before, end: Math.max(before.end, run.end), labels };
    }
  }
  return result;
}

function whyRunning(schedule: Schedule, run: Run, until: Date | undefined): string {
  if (until === undefined) return 'the windows leave no pause in the next ten years';
  const { windows, exceptions, timeZone } = schedule;
  // In the order they were written: that of a run depends on how far back it is known.
  const written = [...windows, ...exceptions.flatMap((exception) => exception.windows)];
  const labels = new Set(
    written.map(({ label }) => label).filter((label) => run.labels.has(label)),
  );
  const open =
    labels.size === 1
      ? `the window ${[...labels]} is open`
      : `the windows ${[...labels].join(' and ')} are open in turn`;
  return `${open} until ${localTime(until, timeZone)}`;
}

/** Names the first closure of the pause: the evening before a holiday is explained by the holiday. */
function whyStopped(schedule: Schedule, since: Date | undefined, until: Date | undefined): string {
  if (until === undefined) return 'no window opens in the next ten years';
  const { exceptions, timeZone } = schedule;
  const last = localDay(until.getTime(), timeZone);
  let closure: string | undefined;
  for (let day = localDay((since ?? until).getTime(), timeZone); day <= last && !closure; day++) {
    const exception = exceptions.find(({ covers }) => covers(day));
    if (exception?.windows.length === 0) closure = exception.name;
  }
  const why = closure === undefined ? 'outside the windows' : `closed for ${closure}`;
  return `${why} until ${localTime(until, timeZone)}`;
}

/** The epoch milliseconds at which a zone's clock shows this many minutes after a day's midnight. */
function instantOf(day: Day, minutes: number, edge: 'begin' | 'end', timeZone: string): number {
  const utc = new Date(day * DAY_MS + minutes * MINUTE_MS);
  const wall = PlainDateTime.create(
    utc.getUTCFullYear(),
    utc.getUTCMonth() + 1,
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
  );
  const disambiguation = edge === 'begin' ? 'earlier' : 'later';
  const at = PlainDateTime.toZonedDateTime(wall, timeZone, { disambiguation });
  if (PlainDateTime.equals(ZonedDateTime.toPlainDateTime(at), wall)) return at.epochMilliseconds;
  // No clock shows this time: Temporal moves it by the gap's length, we want the end of the gap.
  const beforeGap = PlainDateTime.toZonedDateTime(wall, timeZone, { disambiguation: 'earlier' });
  return (ZonedDateTime.getTimeZoneTransition(beforeGap, 'next') ?? at).epochMilliseconds;
}

function localDay(instant: number, timeZone: string): Day {
  return Math.floor(
    (instant + ZonedDateTime.offsetNanoseconds(zoned(instant, timeZone)) / 1e6) / DAY_MS,
  );
}

function zoned(instant: number, timeZone: string): ZonedDateTime.Record {
  return Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(instant), timeZone);
}

/** `HH:MM` of minutes after some midnight. */
function clockTime(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}
