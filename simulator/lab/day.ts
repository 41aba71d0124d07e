import { desiredState, nextTransitions, type Schedule } from '../../functions/power/schedule.ts';
import { dateOf, startOfDate } from '../report/local-time.ts';

/** More than enough for any schedule that opens twice a day at all. */
const SEARCHED = 1000;
const MINUTE_MS = 60_000;

/**
 * The first day, by its midnight, that begins then or later and on which the site both opens and
 * closes; undefined where its schedule has none.
 */
export function openingAndClosing(schedule: Schedule, from: Date): Date | undefined {
  const { timeZone } = schedule;
  const seen = new Map<string, Set<string>>();
  for (const { at, state } of nextTransitions(schedule, new Date(from.getTime() - 1), SEARCHED)) {
    const date = dateOf(at, timeZone);
    const midnight = startOfDate(date, timeZone);
    const states = (seen.get(date) ?? new Set()).add(state);
    if (midnight >= from && states.size === 2) return midnight;
    seen.set(date, states);
  }
  return undefined;
}

/** The minute in the middle of the longest time that a site is open between two instants. */
export function middleOfOpenTime(schedule: Schedule, from: Date, end: Date): Date {
  const changes = nextTransitions(schedule, from, SEARCHED).filter(({ at }) => at < end);
  const spells = [{ at: from, state: desiredState(schedule, from).state }, ...changes].map(
    ({ at, state }, index) => ({ at, state, until: changes[index]?.at ?? end }),
  );
  const [longest] = spells
    .filter(({ state }) => state === 'running')
    .map(({ at, until }) => ({ at: at.getTime(), lasts: until.getTime() - at.getTime() }))
    .sort((one, other) => other.lasts - one.lasts);
  const { at, lasts } = longest ?? { at: from.getTime(), lasts: 0 };
  return new Date(Math.floor((at + lasts / 2) / MINUTE_MS) * MINUTE_MS);
}
