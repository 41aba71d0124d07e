import { expect, it } from 'vitest';
import { drillFaults } from '../../../cli/drill.ts';
import { Plan } from '../../../functions/power/plan.ts';
import { type ConfigInput, parseConfig } from '../../../infra/config.ts';
import { planOf } from '../../../infra/operations/power-plan.ts';
import { clockOf, dayOf, startOfDate } from '../../../simulator/report/local-time.ts';
import { CLINIC } from '../../support/clinic.ts';

const { schedule: _never, ...unscheduled } = CLINIC;

/** What a drill injects from this date on, with the local time of each. */
function drill(schedule: ConfigInput['schedule'], date = '2026-11-30', days = 7) {
  const config = parseConfig({ ...unscheduled, ...(schedule && { schedule }) });
  const { timeZone } = config;
  const from = startOfDate(date, timeZone);
  const end = new Date(from.getTime() + days * 86_400_000);
  return drillFaults(Plan.parse(planOf(config)), from, end).map(({ at, name }) => {
    const [weekday] = dayOf(at, timeZone).split(' ');
    return `${weekday} ${clockOf(at, timeZone).slice(0, 5)} ${name}`;
  });
}

it('a drill has a failure on each of three open days of the default week', () => {
  expect(drill(CLINIC.schedule)).toEqual([
    'Tue 10:15 dead-container',
    'Wed 10:15 database-failover',
    'Thu 10:15 blind-observer',
  ]);
});

it('a drill leaves out days on which the site does not open', () => {
  expect(drill(CLINIC.schedule, '2026-12-03', 6)).toEqual([
    'Fri 10:15 dead-container',
    'Mon 10:15 database-failover',
    'Tue 10:15 blind-observer',
  ]);
});

it('a drill takes the first day, too, where there are only three', () => {
  expect(drill(CLINIC.schedule, '2026-11-30', 3).map((one) => one.slice(0, 3))).toEqual([
    'Mon',
    'Tue',
    'Wed',
  ]);
});

it('a drill strikes half way through a short day, and in the morning of one that never ends', () => {
  const short = drill({ windows: [{ from: '09:00', to: '13:00' }] });
  const always = drill(undefined);

  expect(short[0]).toBe('Tue 11:00 dead-container');
  expect(always[0]).toBe('Tue 10:15 dead-container');
});

it('a drill in the week in which the clocks change is on the clock of the site', () => {
  expect(drill({ windows: [{ from: '07:00', to: '19:00' }] }, '2027-03-12', 4)).toEqual([
    'Sat 10:15 dead-container',
    'Sun 10:15 database-failover',
    'Mon 10:15 blind-observer',
  ]);
});

it('a drill without enough opening hours says what there is', () => {
  expect(() => drill(CLINIC.schedule, '2026-12-04', 3)).toThrow(
    /--drill: it takes 3 days .* from 2026-12-04 to 2026-12-07 there are 1\. Choose other days/,
  );
});
