import { afterEach, beforeEach, vi } from 'vitest';

/** A Monday in November: London's clock shows UTC. */
const MONDAY = '2026-11-23';

/** `at('07:00')`, `at('07:00:30')` on that Monday; `at('2026-11-24T07:00')` on another day; UTC. */
export function at(time: string): Date {
  const instant = time.includes('T') ? time : `${MONDAY}T${time}`;
  return new Date(`${instant}Z`);
}

/** The same as text, in the form in which the table and a run hold it. */
export const iso = (time: string): string => at(time).toISOString();

export const secondsAfter = (instant: Date, seconds: number): Date =>
  new Date(instant.getTime() + seconds * 1000);

/** In each test of the file the clock stands still: at this time, or from where the test sets it. */
export function stillClock(time?: string): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    if (time !== undefined) vi.setSystemTime(at(time));
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
