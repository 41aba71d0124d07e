import { Temporal } from 'temporal-polyfill';

const zoned = (instant: Date | string | number, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(new Date(instant).getTime()).toZonedDateTimeISO(timeZone);

/** `07:00:12`. */
export const clockOf = (instant: Date | string | number, timeZone: string): string =>
  zoned(instant, timeZone).toPlainTime().toString({ smallestUnit: 'second' });

/** `2026-11-23`. */
export const dateOf = (instant: Date | string | number, timeZone: string): string =>
  zoned(instant, timeZone).toPlainDate().toString();

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Mon 2026-11-23, UTC-05:00`. */
export function dayOf(instant: Date | string | number, timeZone: string): string {
  const at = zoned(instant, timeZone);
  return `${WEEKDAYS[at.dayOfWeek - 1]} ${at.toPlainDate().toString()}, UTC${at.offset}`;
}

/** The first instant of a local date, `YYYY-MM-DD`; throws RangeError on anything else. */
export function startOfDate(date: string, timeZone: string): Date {
  // Temporal would read a time into a date as well, and drop it.
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new RangeError(date);
  return new Date(Temporal.PlainDate.from(date).toZonedDateTime(timeZone).epochMilliseconds);
}

/** An instant given as the site's clock shows it, `YYYY-MM-DDTHH:MM`; throws RangeError. */
export function instantAt(local: string, timeZone: string): Date {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local)) throw new RangeError(local);
  return new Date(Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone).epochMilliseconds);
}

/** The first Monday after an instant, at midnight of the zone. */
export function nextMonday(instant: Date, timeZone: string): Date {
  const today = zoned(instant, timeZone).toPlainDate();
  const monday = today.add({ days: 8 - today.dayOfWeek });
  return startOfDate(monday.toString(), timeZone);
}
