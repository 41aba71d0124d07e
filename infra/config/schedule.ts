import { z } from 'zod';
import {
  type ExceptionInput,
  InvalidSchedule,
  type Problem,
  parseSchedule,
  quoted,
  type Schedule,
  type ScheduleInput,
  sentence,
  type Window,
  type WindowInput,
} from '../../functions/power/schedule-input.ts';

/** A start takes up to about 15 minutes: less than twice that is no time to work, or to be off. */
const SHORTEST_MINUTES = 30;
const WEEK_MINUTES = 7 * 1440;

export const schedule = z
  .strictObject({
    windows: z
      .custom<readonly WindowInput[]>()
      .describe(
        'When the site runs, in local time: a list such as [{ from: "07:00", to: "19:00", ' +
          'weekdays: "mon-fri" }]. Outside it the site is stopped and costs storage only.',
      ),
    exceptions: z
      .custom<readonly ExceptionInput[]>()
      .describe(
        'Holidays and other days with hours of their own: a list such as [{ dates: "12-25", ' +
          'name: "Christmas" }].',
      )
      .default([]),
    nodes: z
      .enum(['both', 'one'])
      .describe(
        'What stops outside the windows. With "both", everything: nobody can reach the site. ' +
          'With "one", only node b: node a keeps serving, and so the database keeps running.',
      )
      .default('both'),
    database: z
      .enum(['follow', 'always-on'])
      .describe(
        'Whether the database stops with the hosts. "follow" saves its price, "always-on" starts ' +
          'the site several minutes sooner.',
      )
      .optional(),
  })
  .describe('When the site runs. Leave it out for a site that is always on.')
  .optional();

interface Site {
  readonly timeZone: string;
  readonly schedule?: z.output<typeof schedule>;
}

/** The site's hours in the form that the functions read; undefined for a site that is always on. */
export function scheduleOf({ timeZone, schedule }: Site): ScheduleInput | undefined {
  return schedule && { timeZone, windows: schedule.windows, exceptions: schedule.exceptions };
}

/** While one node keeps serving, its database does too. */
export function databaseStops({ schedule }: Site): boolean {
  return schedule?.nodes === 'both' && schedule.database !== 'always-on';
}

/** The schedule, if there is one that can be read, and what keeps it from being operated. */
export function readSchedule(site: Site): {
  readonly schedule?: Schedule;
  readonly problems: readonly Problem[];
} {
  const input = scheduleOf(site);
  if (input === undefined) return { problems: [] };
  const { schedule, problems } = readHours(input);
  return { ...(schedule && { schedule }), problems: [...problems, ...stoppedUnderNode(site)] };
}

function stoppedUnderNode({ schedule }: Site): Problem[] {
  if (schedule?.nodes !== 'one' || schedule.database !== 'follow') return [];
  const remedy = 'would stop the database under node a, which keeps serving. Leave it out.';
  return [{ field: 'schedule.database', value: quoted('follow'), remedy }];
}

function readHours(input: ScheduleInput): ReturnType<typeof readSchedule> {
  try {
    const schedule = parseSchedule(input);
    const problems = [...shortWindows(schedule), ...shortPauses(schedule), ...noPause(schedule)];
    return { schedule, problems };
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    const problems = error.problems.map(({ field, ...rest }) => ({
      field: `schedule.${field}`,
      ...rest,
    }));
    return { problems };
  }
}

function shortWindows({ windows, exceptions }: Schedule): Problem[] {
  return [
    ...windows.flatMap((window, index) => shortWindow(window, `windows[${index}]`)),
    ...exceptions.flatMap((exception, at) =>
      exception.windows.flatMap((window, index) =>
        shortWindow(window, `exceptions[${at}].windows[${index}]`),
      ),
    ),
  ];
}

function shortWindow({ label, from, to }: Window, field: string): Problem[] {
  if (to - from >= SHORTEST_MINUTES) return [];
  const remedy =
    `lasts ${to - from} minutes, and a start takes up to about 15. ` +
    `Make it ${SHORTEST_MINUTES} minutes or longer.`;
  return [{ field: `schedule.${field}`, value: `"${label}"`, remedy }];
}

/** Between windows of the usual week, and between those of one exception's day. */
function shortPauses({ windows, exceptions }: Schedule): Problem[] {
  const usual = pauses(twoWeeks(windows)).flatMap((pause) => shortPause(pause, 'windows'));
  const special = exceptions.flatMap((exception, index) =>
    pauses(exception.windows).flatMap((pause) => shortPause(pause, `exceptions[${index}].windows`)),
  );
  const once = new Map([...usual, ...special].map((problem) => [sentence(problem), problem]));
  return [...once.values()];
}

function shortPause({ minutes, before, after }: Pause, field: string): Problem[] {
  if (minutes >= SHORTEST_MINUTES) return [];
  const remedy =
    `leaves a pause of ${minutes} minutes before "${after}", too short to stop and start. ` +
    `Join the two or leave ${SHORTEST_MINUTES} minutes.`;
  return [{ field: `schedule.${field}`, value: `"${before}"`, remedy }];
}

function noPause({ windows, exceptions }: Schedule): Problem[] {
  if (exceptions.length > 0 || pauses(twoWeeks(windows)).length > 0) return [];
  const value = windows.map(({ label }) => `"${label}"`).join(' and ');
  const remedy = 'leaves no pause. Leave out the schedule for an always-on site.';
  return [{ field: 'schedule.windows', value, remedy }];
}

/** The windows on one line of minutes; two weeks, so that the week's end meets its beginning. */
function twoWeeks(windows: Schedule['windows']): Window[] {
  return windows.flatMap(({ label, from, to, weekdays }) =>
    [...weekdays].flatMap((weekday) =>
      [weekday * 1440, weekday * 1440 + WEEK_MINUTES].map((midnight) => ({
        label,
        from: midnight + from,
        to: midnight + to,
      })),
    ),
  );
}

interface Pause {
  readonly minutes: number;
  /** Labels of the windows around it. */
  readonly before: string;
  readonly after: string;
}

function pauses(windows: readonly Window[]): Pause[] {
  const [first, ...rest] = windows.toSorted((one, other) => one.from - other.from);
  const found: Pause[] = [];
  let latest = first;
  for (const window of rest) {
    if (latest !== undefined && window.from > latest.to) {
      const minutes = window.from - latest.to;
      found.push({ minutes, before: latest.label, after: window.label });
    }
    if (latest === undefined || window.to > latest.to) latest = window;
  }
  return found;
}
