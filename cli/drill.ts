import { desiredState, nextTransitions, type Schedule } from '../functions/power/schedule.ts';
import type { Fault } from '../simulator/faults/library.ts';
import type { Plan } from '../simulator/judge/plan.ts';
import { dateOf, instantAt, startOfDate } from '../simulator/report/local-time.ts';
import { UserError } from './user-error.ts';

/** What goes wrong in a drill, each on a day of its own, in this order. */
const DRILL: readonly Omit<Fault, 'at'>[] = [
  { name: 'dead-container', on: 'a=orthanc', minutes: 12 },
  { name: 'database-failover' },
  { name: 'blind-observer', minutes: 10 },
];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** So long after the site has opened, as 10:15 is after 07:00; sooner where it closes early. */
const INTO_THE_DAY_MS = 3.25 * HOUR_MS;
/** What is open for less does not see an incident from its beginning to its end. */
const SHORTEST_MS = 2 * HOUR_MS;
/** When the day of a site begins that is open all night. */
const MORNING = '07:00';

/**
 * The faults of a drill, at fixed instants of the site's opening hours: three and a quarter hours
 * after it opens, or half way to its closing where that is sooner, on one open day each. The first
 * open day stays quiet where there are enough: of the default week it is Tuesday, Wednesday, Thursday.
 *
 * Throws `UserError` where the site is not open on enough days.
 */
export function drillFaults({ schedule, timeZone }: Plan, from: Date, end: Date): Fault[] {
  const instants = daysOf(from, end, timeZone).flatMap((day) => {
    const open = openOn(day, schedule, timeZone);
    if (!open) return [];
    const at = open.begin + Math.min(INTO_THE_DAY_MS, (open.end - open.begin) / 2);
    const instant = new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS);
    return instant.getTime() + SHORTEST_MS / 2 <= end.getTime() ? [instant] : [];
  });
  if (instants.length < DRILL.length) {
    throw new UserError(
      `--drill: it takes ${DRILL.length} days on which the site is open for two hours or more, and ` +
        `from ${dateOf(from, timeZone)} to ${dateOf(end, timeZone)} there are ${instants.length}. ` +
        'Choose other days with --from and --days, or a configuration with opening hours.',
    );
  }
  const quiet = instants.length > DRILL.length ? 1 : 0;
  return DRILL.map((fault, index) => ({ ...fault, at: instants[index + quiet] as Date }));
}

/** The local days that begin in the span, as their first instants. */
function daysOf(from: Date, end: Date, timeZone: string): Date[] {
  const days: Date[] = [];
  // From noon to noon: a day has 23 to 25 hours.
  for (let noon = from.getTime() + DAY_MS / 2; noon < end.getTime(); noon += DAY_MS) {
    days.push(startOfDate(dateOf(noon, timeZone), timeZone));
  }
  return days;
}

/** The first time of a day in which the site is open for long enough, epoch milliseconds. */
function openOn(
  day: Date,
  schedule: Schedule | undefined,
  timeZone: string,
): { readonly begin: number; readonly end: number } | undefined {
  const next = startOfDate(dateOf(day.getTime() + 1.5 * DAY_MS, timeZone), timeZone);
  const morning = instantAt(`${dateOf(day, timeZone)}T${MORNING}`, timeZone);
  if (!schedule) return { begin: morning.getTime(), end: next.getTime() };
  const changes = nextTransitions(schedule, day, CHANGES).filter(({ at }) => at < next);
  const spells = [{ at: day, state: desiredState(schedule, day).state }, ...changes].map(
    ({ at, state }, index) => ({
      state,
      begin: at.getTime() === day.getTime() ? morning.getTime() : at.getTime(),
      end: (changes[index]?.at ?? next).getTime(),
    }),
  );
  return spells.find(({ state, begin, end }) => state === 'running' && end - begin >= SHORTEST_MS);
}

/** More than any day has. */
const CHANGES = 50;
