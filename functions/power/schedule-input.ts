import * as Instant from 'temporal-polyfill/fns/Instant';

/** Hours of running on the days that match; over midnight, they belong to the day they begin. */
export interface WindowInput {
  /** Local time of day, `HH:MM`. Leave out `from` and `to` for the whole day. */
  readonly from?: string;
  /** Local time of day, `HH:MM` or `24:00`. Earlier than `from`: the next morning. */
  readonly to?: string;
  /** `mon-fri`, `Saturday, Sunday`, `sat-mon`, `[1, 2, 'fri']`; 0 and 7 are Sunday. None: daily. */
  readonly weekdays?: string | readonly (string | number)[];
}

/** Days, such as holidays, with hours of their own instead of the usual windows. */
export interface ExceptionInput {
  /** `2026-12-25`, `2026-12-24/2027-01-03`; every year: `12-25`, `12-24/01-02`. Ends included. */
  readonly dates: string;
  /** What the operator reads as the reason. */
  readonly name: string;
  /** The windows that begin on these days. None: closed. */
  readonly windows?: readonly Pick<WindowInput, 'from' | 'to'>[];
}

export interface ScheduleInput {
  /** IANA name, such as `America/Toronto`: all times are its local times. */
  readonly timeZone: string;
  /** The site runs in any of them. */
  readonly windows: readonly WindowInput[];
  /** Where two cover one day, the first in the list counts. */
  readonly exceptions?: readonly ExceptionInput[];
}

/** A local date as the number of days since 1970-01-01: no zone, cheap to count with. */
export type Day = number;

/** Minutes of the local day on which the window begins: 0 ≤ from < 1440, from < to < 2880. */
export interface Window {
  /** `Mon–Fri 07:00–19:00`, `09:00–12:00 (Christmas Eve)` */
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

export interface WeeklyWindow extends Window {
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
}

export interface Exception {
  readonly name: string;
  readonly covers: (day: Day) => boolean;
  readonly windows: readonly Window[];
}

/** A schedule without mistakes; windows and exceptions in the order they were written. */
export interface Schedule {
  readonly timeZone: string;
  readonly windows: readonly WeeklyWindow[];
  readonly exceptions: readonly Exception[];
}

/** One refused value. */
export interface Problem {
  /** `windows[0].from` */
  readonly field: string;
  /** As written, or `nothing`. */
  readonly value: string;
  /** What is wrong, then what to write instead: `is not a time of day. Write …` */
  readonly remedy: string;
}

/** `windows[0].from: "25:00" is not a time of day. Write HH:MM from 00:00 to 23:59.` */
export function sentence({ field, value, remedy }: Problem): string {
  return `${field}: ${value} ${remedy}`;
}

/** A value as a problem quotes it: short, and `nothing` where there is none. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text =
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ??
    String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The schedule cannot be meant: lists everything that is wrong with it. Never worth a retry. */
export class InvalidSchedule extends Error {
  override readonly name = 'InvalidSchedule';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(sentence).join('\n'));
    this.problems = problems;
  }
}

export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

export const DAY_MS = 24 * 60 * 60_000;

/**
 * Reads a schedule as its operator wrote it.
 *
 * Checks types too, because what a Lambda finds in its settings was written by nobody's compiler.
 *
 * @throws InvalidSchedule with all problems at once.
 */
export function parseSchedule(input: ScheduleInput): Schedule {
  const problems: Problem[] = [];
  const schedule = new Reader(problems).schedule(input);
  if (problems.length > 0) throw new InvalidSchedule(problems);
  return schedule;
}

/** Reads on after a mistake, with a harmless stand-in for it, so that one run finds them all. */
class Reader {
  readonly #problems: Problem[];

  constructor(problems: Problem[]) {
    this.#problems = problems;
  }

  schedule(input: unknown): Schedule {
    const { timeZone, windows, exceptions } = this.#fields(input, 'schedule', 'a schedule', [
      'timeZone',
      'windows',
      'exceptions',
    ]);
    const weekly = this.#list(windows, 'windows');
    if (Array.isArray(windows) && windows.length === 0) {
      this.#refuse(
        'windows',
        windows,
        'has no window. Leave out the schedule for an always-on site.',
      );
    }
    return {
      timeZone: this.#timeZone(timeZone),
      windows: weekly.map((window, index) => this.#weeklyWindow(window, `windows[${index}]`)),
      exceptions: (exceptions === undefined ? [] : this.#list(exceptions, 'exceptions')).map(
        (exception, index) => this.#exception(exception, `exceptions[${index}]`),
      ),
    };
  }

  #timeZone(zone: unknown): string {
    const refusal = refusalOfTimeZone(zone);
    if (refusal !== undefined) this.#refuse('timeZone', zone, refusal);
    return String(zone);
  }

  #weeklyWindow(input: unknown, field: string): WeeklyWindow {
    const fields = this.#fields(input, field, 'a window', ['from', 'to', 'weekdays']);
    const weekdays = this.#weekdays(fields.weekdays, `${field}.weekdays`);
    const window = this.#hours(fields, field);
    return { ...window, weekdays, label: `${nameOfWeekdays(weekdays)} ${window.label}` };
  }

  #exception(input: unknown, field: string): Exception {
    const { dates, name, windows } = this.#fields(input, field, 'an exception', [
      'dates',
      'name',
      'windows',
    ]);
    if (typeof name !== 'string' || name.trim() === '') {
      this.#refuse(
        `${field}.name`,
        name,
        'is no name. Write what the operator will read, such as "Christmas".',
      );
    }
    const list = windows === undefined ? [] : this.#list(windows, `${field}.windows`);
    return {
      name: String(name),
      covers: this.#dates(dates, `${field}.dates`),
      windows: list.map((window, index) => {
        const at = `${field}.windows[${index}]`;
        const hours = this.#hours(this.#fields(window, at, 'such a window', ['from', 'to']), at);
        return { ...hours, label: `${hours.label} (${name})` };
      }),
    };
  }

  #hours({ from, to }: Record<string, unknown>, field: string): Window {
    if (from === undefined && to === undefined) return { label: 'all day', from: 0, to: 1440 };
    if (from === undefined || to === undefined) {
      const missing = from === undefined ? 'from' : 'to';
      this.#refuse(
        `${field}.${missing}`,
        undefined,
        'is given. Write both from and to, or neither for the whole day.',
      );
    } else if (from === to) {
      this.#refuse(`${field}.to`, to, 'equals from. Leave out both for the whole day.');
    }
    const begin = this.#timeOfDay(from, `${field}.from`, '23:59');
    const end = this.#timeOfDay(to, `${field}.to`, '24:00');
    return { label: `${from}–${to}`, from: begin, to: end > begin ? end : end + 1440 };
  }

  /** Minutes after midnight. */
  #timeOfDay(time: unknown, field: string, latest: '23:59' | '24:00'): number {
    if (time === undefined) return 0;
    const valid = typeof time === 'string' && /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(time);
    if (!valid || time > latest) {
      this.#refuse(field, time, `is not a time of day. Write HH:MM from 00:00 to ${latest}.`);
      return 0;
    }
    return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  }

  #weekdays(input: unknown, field: string): ReadonlySet<number> {
    if (input === undefined) return new Set([0, 1, 2, 3, 4, 5, 6]);
    const items = Array.isArray(input) ? input : [input];
    const pieces = items.flatMap((item) => (typeof item === 'string' ? item.split(',') : [item]));
    const days = pieces.map(weekdaysOf);
    if (days.length === 0 || days.includes(undefined)) {
      this.#refuse(
        field,
        input,
        'does not name weekdays. Write such as "mon-fri", "sat,sun" or [1, 5]; 0 and 7 are Sunday.',
      );
    }
    return new Set(days.flatMap((some) => some ?? []));
  }

  #dates(input: unknown, field: string): (day: Day) => boolean {
    const parts = typeof input === 'string' ? input.split('/') : [];
    const [first, last = first] = parts;
    if (first !== undefined && last !== undefined && parts.length <= 2) {
      const [begin, end] = [dateOf(first), dateOf(last)];
      if (begin !== undefined && end !== undefined && begin <= end) {
        return (day) => begin <= day && day <= end;
      }
      if (begin !== undefined && end !== undefined) {
        this.#refuse(field, input, 'ends before it begins. Write the earlier date first.');
        return () => false;
      }
      const [from, to] = [dateOf(`2000-${first}`), dateOf(`2000-${last}`)];
      if (from !== undefined && to !== undefined) return yearly(first, last);
    }
    this.#refuse(
      field,
      input,
      'is no date. Write 2026-12-25, 2026-12-24/2027-01-03, or for every year 12-25 or 12-24/01-02.',
    );
    return () => false;
  }

  #list(input: unknown, field: string): unknown[] {
    if (Array.isArray(input)) return input;
    this.#refuse(field, input, 'is not a list. Write [ … ].');
    return [];
  }

  /** An object's fields, after complaint about each that `what` does not have. */
  #fields<Name extends string>(
    input: unknown,
    field: string,
    what: string,
    names: readonly Name[],
  ): Partial<Record<Name, unknown>> {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      this.#refuse(field, input, `is not ${what}. Write { … } with ${names.join(', ')}.`);
      return {};
    }
    for (const [name, value] of Object.entries(input)) {
      if (names.some((known) => known === name)) continue;
      const at = field === 'schedule' ? name : `${field}.${name}`;
      this.#refuse(
        at,
        value,
        `belongs to no field of ${what}. Its fields are ${names.join(', ')}.`,
      );
    }
    return input;
  }

  #refuse(field: string, value: unknown, remedy: string): void {
    this.#problems.push({ field, value: quoted(value), remedy });
  }
}

/** Why this is no time zone, and what to write; undefined if it is one. `+05:00` is an offset. */
export function refusalOfTimeZone(zone: unknown): string | undefined {
  const unknown = 'is no known time zone. Write an IANA name such as America/Toronto.';
  if (typeof zone !== 'string' || !/^[a-z][\w+/-]*$/i.test(zone)) return unknown;
  try {
    const name = Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(0), zone).timeZoneId;
    return name === zone ? undefined : `is not how this time zone is spelled. Write ${name}.`;
  } catch {
    return unknown;
  }
}

/** The days of one item, 0 to 6: a name, a number or a range, which may wrap around the week. */
function weekdaysOf(item: unknown): number[] | undefined {
  const ends = String(item).split('-').map(weekdayOf);
  const [first, last] = [ends.at(0), ends.at(-1)];
  if (first === undefined || last === undefined || ends.length > 2) return undefined;
  const days = (last < first ? last + 7 : last) - first + 1;
  return Array.from({ length: days }, (_, index) => (first + index) % 7);
}

/** 0 to 7, as written. */
function weekdayOf(word: string): number | undefined {
  const name = word.trim().toLowerCase();
  if (/^[0-7]$/.test(name)) return Number(name);
  const index = WEEKDAYS.findIndex((weekday) =>
    [weekday.toLowerCase(), weekday.slice(0, 3).toLowerCase()].includes(name),
  );
  return index < 0 ? undefined : index;
}

/** `daily`, `Mon–Fri`, `Sat–Mon`, `Mon, Wed`: each run of days once, from Monday on. */
function nameOfWeekdays(weekdays: ReadonlySet<number>): string {
  if (weekdays.size === 7) return 'daily';
  const name = (day: number) => WEEKDAYS[day % 7]?.slice(0, 3);
  return [1, 2, 3, 4, 5, 6, 7]
    .filter((day) => weekdays.has(day % 7) && !weekdays.has((day + 6) % 7))
    .map((first) => {
      let last = first;
      while (weekdays.has((last + 1) % 7)) last += 1;
      return first === last ? name(first) : `${name(first)}–${name(last)}`;
    })
    .join(', ');
}

/** The day of `YYYY-MM-DD`, if the calendar has it. */
function dateOf(text: string): Day | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
  return exists ? time / DAY_MS : undefined;
}

/** Days of every year from one `MM-DD` to another, over New Year if the second is earlier. */
function yearly(first: string, last: string): (day: Day) => boolean {
  return (day) => {
    const date = new Date(day * DAY_MS).toISOString().slice(5, 10);
    return first <= last ? first <= date && date <= last : first <= date || date <= last;
  };
}
