import { Temporal } from 'temporal-polyfill';
import type { Schedule } from '../../functions/power/schedule-input.ts';

/** RDS takes no shorter window, be it for backups or for maintenance. */
const SHORTEST_MINUTES = 30;
const DAY_MINUTES = 1440;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** A daily stretch of UTC: minutes after midnight, `to` beyond 1440 over midnight. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Reads `HH:MM-HH:MM`; undefined if that is not what it is, or too short for RDS. */
export function readBackupWindow(text: string): Stretch | undefined {
  if (!/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/.test(text)) return undefined;
  const [from = 0, to = 0] = text
    .split('-')
    .map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
  const length = modulo(to - from, DAY_MINUTES);
  return length < SHORTEST_MINUTES ? undefined : { from, to: from + length };
}

/** The middle half hour of the longest window, `HH:MM-HH:MM` in UTC; undefined if none is enough. */
export function chooseBackupWindow(schedule: Schedule): string | undefined {
  const length = ({ from, to }: Stretch) => to - from;
  const [longest] = sharedHours(schedule).sort((one, other) => length(other) - length(one));
  if (longest === undefined || length(longest) < SHORTEST_MINUTES) return undefined;
  const from = Math.floor((longest.from + longest.to - SHORTEST_MINUTES) / 2);
  return `${clockTime(from)}-${clockTime(from + SHORTEST_MINUTES)}`;
}

/**
 * When RDS may patch the database, once a week: in the last half hour of the longest window's last
 * day, when the fewest people mind, or in its first. A stopped database is not patched, so the
 * region's usual time, at night, would never come. A database that is always on is patched on
 * Sunday, half an hour after its backup. Undefined where neither half hour is clear of the backup.
 */
export function chooseMaintenanceWindow(
  backupWindow: string,
  schedule: Schedule | undefined,
): string | undefined {
  const backup = readBackupWindow(backupWindow) ?? { from: 0, to: 0 };
  if (schedule === undefined) return weekly(0, backup.to + SHORTEST_MINUTES);
  const windows = sharedHours(schedule).map((hours, index) => ({
    hours,
    // Sunday ends a week.
    day: Math.max(...[...(schedule.windows[index]?.weekdays ?? [])].map((day) => day || 7)),
  }));
  const length = ({ hours: { from, to } }: (typeof windows)[number]) => to - from;
  const [longest] = windows.sort((one, other) => length(other) - length(one));
  if (longest === undefined || length(longest) < SHORTEST_MINUTES) return undefined;
  const { from, to } = longest.hours;
  const free = [to - SHORTEST_MINUTES, from].find((start) => !meets(backup, start));
  return free === undefined ? undefined : weekly(longest.day, free);
}

/** Whether a half hour that begins then meets the daily stretch. */
const meets = ({ from, to }: Stretch, start: number): boolean =>
  modulo(start - from, DAY_MINUTES) < to - from ||
  modulo(from - start, DAY_MINUTES) < SHORTEST_MINUTES;

/** `fri:22:30-fri:23:00`: half an hour from so many minutes after 00:00 UTC of a weekday. */
function weekly(day: number, from: number): string {
  const at = (minutes: number) =>
    `${DAYS[modulo(day + Math.floor(minutes / DAY_MINUTES), 7)]}:${clockTime(minutes)}`;
  return `${at(from)}-${at(from + SHORTEST_MINUTES)}`;
}

export function isOpen(backup: Stretch, schedule: Schedule): boolean {
  const length = backup.to - backup.from;
  return sharedHours(schedule).some(
    ({ from, to }) => modulo(backup.from - from, DAY_MINUTES) + length <= to - from,
  );
}

/** Of each window the hours that are open all year: RDS counts in UTC, schedules in local time. */
function sharedHours({ timeZone, windows }: Schedule): Stretch[] {
  const offsets = offsetsOf(timeZone);
  return windows.map(({ from, to }) => ({
    from: from - Math.min(...offsets),
    to: to - Math.max(...offsets),
  }));
}

/** Minutes ahead of UTC, all that a zone uses in ten years: some pause summer time for Ramadan. */
function offsetsOf(timeZone: string): number[] {
  const offsets: number[] = [];
  let at: Temporal.ZonedDateTime | null =
    Temporal.PlainDate.from('2026-01-01').toZonedDateTime(timeZone);
  while (at !== null && at.year < 2036) {
    offsets.push(at.offsetNanoseconds / 6e10);
    at = at.getTimeZoneTransition('next');
  }
  return offsets;
}

function clockTime(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const ofDay = modulo(minutes, DAY_MINUTES);
  return `${two(Math.floor(ofDay / 60))}:${two(ofDay % 60)}`;
}

const modulo = (number: number, base: number): number => ((number % base) + base) % base;
