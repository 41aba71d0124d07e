import { describe, expect, it } from 'vitest';
import { parseSchedule, type ScheduleInput } from '../../../functions/power/schedule.ts';
import { middleOfOpenTime, openingAndClosing } from '../../../simulator/lab/day.ts';
import { instantAt, startOfDate } from '../../../simulator/report/local-time.ts';

const timeZone = 'America/Toronto';
const schedule = (...windows: ScheduleInput['windows']) => parseSchedule({ timeZone, windows });
const day = (date: string) => startOfDate(date, timeZone);
const at = (local: string) => instantAt(local, timeZone);

const WORKDAYS = schedule({ from: '07:00', to: '19:00', weekdays: 'mon-fri' });
const NIGHTS = schedule({ from: '20:00', to: '06:00', weekdays: 'mon-thu' });

describe('the day that a lab plays', () => {
  it.each([
    ['is the day that begins now, if that opens and closes', WORKDAYS, day('2026-11-30')],
    ['is tomorrow once today has begun', WORKDAYS, at('2026-11-29T08:00')],
    ['is no day on which the site stays closed', WORKDAYS, at('2026-11-28T00:00')],
  ])('%s', (_what, of, from) => {
    expect(openingAndClosing(of, from)).toEqual(day('2026-11-30'));
  });

  it('may close first and open again at night', () => {
    expect(openingAndClosing(NIGHTS, day('2026-11-30'))).toEqual(day('2026-12-01'));
  });

  it('is none where the site never closes', () => {
    const always = schedule({ from: '00:00', to: '24:00' });

    expect(openingAndClosing(always, day('2026-11-30'))).toBeUndefined();
  });
});

describe('the middle of the open time', () => {
  it.each([
    ['lies between opening and closing', WORKDAYS, '2026-11-30', '2026-11-30T13:00'],
    ['lies in the longer part, where the night is open', NIGHTS, '2026-12-01', '2026-12-01T03:00'],
  ])('%s', (_what, of, date, middle) => {
    const from = day(date);
    const end = new Date(from.getTime() + 86_400_000);

    expect(middleOfOpenTime(of, from, end)).toEqual(at(middle));
  });
});
