import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  desiredState,
  type InvalidSchedule,
  nextTransitions,
  parseSchedule,
  type ScheduleInput,
  timesOfDay,
} from '../../../functions/power/schedule.ts';

const at = (iso: string) => new Date(`${iso}Z`);

const TORONTO: ScheduleInput = {
  timeZone: 'America/Toronto',
  windows: [{ from: '07:00', to: '19:00', weekdays: 'mon-fri' }],
};

/** The next transitions as `2026-03-08T07:00 running`, in UTC. */
function transitions(input: ScheduleInput, from: string, count: number): string[] {
  return nextTransitions(parseSchedule(input), at(from), count).map(
    (next) => `${next.at.toISOString().slice(0, 16)} ${next.state}`,
  );
}

const daily = (timeZone: string, from: string, to: string): ScheduleInput => ({
  timeZone,
  windows: [{ from, to }],
});

describe('a schedule', () => {
  it('runs from the begin of a window, included, to its end, excluded', () => {
    const schedule = parseSchedule(TORONTO);

    const states = ['11:59', '12:00', '23:59'].map(
      (time) => desiredState(schedule, at(`2026-11-23T${time}`)).state,
    );
    const evening = desiredState(schedule, at('2026-11-24T00:00'));

    expect(states).toEqual(['stopped', 'running', 'running']);
    expect(evening).toEqual({
      state: 'stopped',
      reason: 'outside the windows until Tue 24 Nov 07:00',
      since: at('2026-11-24T00:00'),
      until: at('2026-11-24T12:00'),
    });
  });

  it('tells which window is open and until when, in local time', () => {
    const monday = desiredState(parseSchedule(TORONTO), at('2026-11-23T15:00'));

    expect(monday).toEqual({
      state: 'running',
      reason: 'the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
      since: at('2026-11-23T12:00'),
      until: at('2026-11-24T00:00'),
    });
  });

  it('names the holiday that keeps it closed, already on the evening before', () => {
    const schedule = parseSchedule({
      ...TORONTO,
      exceptions: [{ dates: '12-24/01-03', name: 'Winter closure' }],
    });

    const reasons = ['2026-12-24T01:00', '2026-12-31T18:00'].map(
      (time) => desiredState(schedule, at(time)).reason,
    );

    expect(new Set(reasons)).toEqual(new Set(['closed for Winter closure until Mon 4 Jan 07:00']));
  });

  it('gives an overnight window to the day it begins', () => {
    const input = {
      timeZone: 'Australia/Sydney',
      windows: [{ from: '22:00', to: '06:00', weekdays: 'fri' }],
    };

    expect(transitions(input, '2026-07-01T00:00', 3)).toEqual([
      '2026-07-03T12:00 running',
      '2026-07-03T20:00 stopped',
      '2026-07-10T12:00 running',
    ]);
  });

  it('lets an overnight window run into a holiday, and none begin on it', () => {
    const input = {
      ...daily('America/Toronto', '22:00', '06:00'),
      exceptions: [{ dates: '2026-12-25', name: 'Christmas' }],
    };

    expect(transitions(input, '2026-12-24T12:00', 3)).toEqual([
      '2026-12-25T03:00 running',
      '2026-12-25T11:00 stopped',
      '2026-12-27T03:00 running',
    ]);
  });

  it('keeps the hours of an exception instead of the usual ones, the first one that covers a day', () => {
    const input = {
      ...TORONTO,
      exceptions: [
        { dates: '2026-12-24', name: 'Christmas Eve', windows: [{ from: '07:00', to: '12:00' }] },
        { dates: '12-24/12-31', name: 'Christmas' },
      ],
    };

    const eve = desiredState(parseSchedule(input), at('2026-12-24T13:00'));

    expect(eve.reason).toBe(
      'the window 07:00–12:00 (Christmas Eve) is open until Thu 24 Dec 12:00',
    );
    expect(transitions(input, '2026-12-24T13:00', 2)).toEqual([
      '2026-12-24T17:00 stopped',
      '2027-01-01T12:00 running',
    ]);
  });

  it('joins windows that overlap or touch', () => {
    const input = {
      timeZone: 'Etc/UTC',
      windows: [
        { from: '18:00', to: '24:00' },
        { from: '08:00', to: '14:00' },
        { from: '12:00', to: '18:00', weekdays: 'wed' },
      ],
    };

    const wednesday = desiredState(parseSchedule(input), at('2026-11-25T13:00'));

    expect(wednesday.reason).toBe(
      'the windows daily 18:00–24:00 and daily 08:00–14:00 and Wed 12:00–18:00 are open in turn ' +
        'until Thu 26 Nov 00:00',
    );
  });

  it('never ends when its windows leave no pause', () => {
    const always = desiredState(
      parseSchedule({ timeZone: 'Asia/Tokyo', windows: [{}] }),
      at('2026-11-23T00:00'),
    );

    expect(always).toEqual({
      state: 'running',
      reason: 'the windows leave no pause in the next ten years',
      since: undefined,
      until: undefined,
    });
  });

  it('finds the one day a year on which it runs', () => {
    const input = {
      timeZone: 'Europe/Rome',
      windows: [{}],
      exceptions: [
        { dates: '02-29', name: 'Leap day', windows: [{ from: '09:00', to: '17:00' }] },
        { dates: '01-01/12-31', name: 'Storage' },
      ],
    };

    expect(transitions(input, '2026-11-23T00:00', 3)).toEqual([
      '2028-02-29T08:00 running',
      '2028-02-29T16:00 stopped',
      '2032-02-29T08:00 running',
    ]);
  });

  it('says so when no window ever opens again', () => {
    const closed = desiredState(
      parseSchedule({ ...TORONTO, exceptions: [{ dates: '01-01/12-31', name: 'the move' }] }),
      at('2026-11-23T15:00'),
    );

    expect(closed.until).toBeUndefined();
    expect(closed.reason).toBe('no window opens in the next ten years');
  });

  it('lists each time of day at which something may begin or end, once', () => {
    const schedule = parseSchedule({
      timeZone: 'Etc/UTC',
      windows: [
        { from: '22:00', to: '07:30' },
        { weekdays: 'sat' },
        { from: '07:30', to: '24:00' },
      ],
      exceptions: [{ dates: '12-24', name: 'Eve', windows: [{ from: '09:00', to: '22:00' }] }],
    });

    expect(timesOfDay(schedule)).toEqual(['00:00', '07:30', '09:00', '22:00']);
  });
});

describe('weekdays', () => {
  it.each([
    ['mon', 'Mon'],
    ['Monday, WEDNESDAY', 'Mon, Wed'],
    ['sat-mon', 'Sat–Mon'],
    ['0', 'Sun'],
    ['7', 'Sun'],
    ['0-7', 'daily'],
    ['5-1', 'Fri–Mon'],
    [[1, 'tue-thu', 'sun'], 'Sun–Thu'],
  ])('reads %j as %s', (weekdays, label) => {
    const schedule = parseSchedule({ timeZone: 'Etc/UTC', windows: [{ weekdays }] });

    expect(schedule.windows[0]?.label).toBe(`${label} all day`);
  });
});

describe('a change of the clocks', () => {
  it.each([
    {
      behaviour: 'begins at the end of the spring gap in Toronto what would begin inside it',
      input: daily('America/Toronto', '02:30', '06:00'),
      from: '2026-03-07T12:00',
      expected: [
        '2026-03-08T07:00 running',
        '2026-03-08T10:00 stopped',
        '2026-03-09T06:30 running',
      ],
    },
    {
      behaviour: 'ends at the end of the spring gap what would end inside it',
      input: daily('America/Toronto', '22:00', '02:30'),
      from: '2026-03-07T12:00',
      expected: [
        '2026-03-08T03:00 running',
        '2026-03-08T07:00 stopped',
        '2026-03-09T02:00 running',
      ],
    },
    {
      behaviour: 'leaves out a window that the spring gap swallows whole',
      input: daily('America/Toronto', '02:10', '02:50'),
      from: '2026-03-07T12:00',
      expected: ['2026-03-09T06:10 running'],
    },
    {
      behaviour: 'begins at the first and ends at the second occurrence in the repeated hour',
      input: daily('America/Toronto', '01:15', '01:45'),
      from: '2026-11-01T00:00',
      expected: [
        '2026-11-01T05:15 running',
        '2026-11-01T06:45 stopped',
        '2026-11-02T06:15 running',
      ],
    },
    {
      behaviour: 'stops once, not twice, where a window ends in the repeated hour of New York',
      input: daily('America/New_York', '00:00', '01:30'),
      from: '2026-11-01T00:00',
      expected: [
        '2026-11-01T04:00 running',
        '2026-11-01T06:30 stopped',
        '2026-11-02T05:00 running',
      ],
    },
    {
      behaviour: 'does not stop for a pause that lies wholly in the repeated hour',
      input: {
        timeZone: 'America/Toronto',
        windows: [
          { from: '00:00', to: '01:15' },
          { from: '01:45', to: '05:00' },
        ],
      },
      from: '2026-11-01T00:00',
      expected: ['2026-11-01T04:00 running', '2026-11-01T10:00 stopped'],
    },
    {
      behaviour: 'moves working hours by one hour of UTC when Sydney goes to summer time',
      input: daily('Australia/Sydney', '08:00', '18:00'),
      from: '2026-10-02T12:00',
      expected: [
        '2026-10-02T22:00 running',
        '2026-10-03T08:00 stopped',
        '2026-10-03T21:00 running',
      ],
    },
    {
      behaviour: 'begins at the first occurrence in the repeated hour of Sydney',
      input: daily('Australia/Sydney', '02:30', '05:00'),
      from: '2026-04-04T12:00',
      expected: ['2026-04-04T15:30 running', '2026-04-04T19:00 stopped'],
    },
    {
      behaviour: 'begins at the end of the half-hour gap of Lord Howe Island',
      input: daily('Australia/Lord_Howe', '02:15', '04:00'),
      from: '2026-10-03T12:00',
      expected: [
        '2026-10-03T15:30 running',
        '2026-10-03T17:00 stopped',
        '2026-10-04T15:15 running',
      ],
    },
    {
      behaviour: 'ends at the second occurrence in the repeated half hour of Lord Howe Island',
      input: daily('Australia/Lord_Howe', '00:00', '01:45'),
      from: '2026-04-04T12:00',
      expected: [
        '2026-04-04T13:00 running',
        '2026-04-04T15:15 stopped',
        '2026-04-05T13:30 running',
      ],
    },
    {
      behaviour: 'begins a whole day at one o’clock where Santiago has no midnight',
      input: { timeZone: 'America/Santiago', windows: [{ weekdays: 'sun' }] },
      from: '2026-09-05T12:00',
      expected: ['2026-09-06T04:00 running', '2026-09-07T03:00 stopped'],
    },
  ])('$behaviour', ({ input, from, expected }) => {
    expect(transitions(input, from, expected.length)).toEqual(expected);
  });
});

describe('any schedule', { timeout: 60_000 }, () => {
  const zones = [
    'America/Toronto',
    'Australia/Sydney',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  ].concat(['America/St_Johns', 'Africa/Casablanca', 'Etc/UTC', 'Pacific/Apia']);
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
  const hours = fc
    .tuple(time, fc.oneof({ weight: 5, arbitrary: time }, fc.constant('24:00')))
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => ({ from, to }));
  const weekdays = fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 7 });
  const date = fc
    .integer({ min: 0, max: 729 })
    .map((day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10));
  const schedules: fc.Arbitrary<ScheduleInput> = fc.record({
    timeZone: fc.constantFrom(...zones),
    windows: fc.array(
      fc.oneof(
        {
          weight: 9,
          arbitrary: fc.tuple(hours, weekdays).map(([h, w]) => ({ ...h, weekdays: w })),
        },
        weekdays.map((days) => ({ weekdays: days })),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    exceptions: fc.array(
      fc.record({
        dates: fc.tuple(date, date).map((pair) => pair.sort().join('/')),
        name: fc.constant('a holiday'),
        windows: fc.array(hours, { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  });
  const minute = fc
    .integer({ min: 0, max: 730 * 1440 })
    .map((minutes) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000));
  const runs = { numRuns: 250 };

  it('alternates, and is in the state its transitions announce on both sides of each', () => {
    fc.assert(
      fc.property(schedules, minute, (input, from) => {
        const schedule = parseSchedule(input);
        let before = desiredState(schedule, from);

        for (const next of nextTransitions(schedule, from, 12)) {
          const justBefore = desiredState(schedule, new Date(next.at.getTime() - 1));
          const after = desiredState(schedule, next.at);
          expect(next.at).toEqual(before.until);
          expect(next.state).not.toBe(before.state);
          expect(justBefore).toEqual(before);
          expect(after).toMatchObject({ state: next.state, reason: next.reason, since: next.at });
          before = after;
        }
      }),
      runs,
    );
  });

  it('answers the same whatever it was asked before', () => {
    const days = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(schedules, minute, days, (input, from, steps) => {
        const asked = parseSchedule(input);

        for (const step of steps) {
          const instant = new Date(from.getTime() + step * 86_400_000);
          expect(desiredState(asked, instant)).toEqual(desiredState(parseSchedule(input), instant));
        }
      }),
      { ...runs, numRuns: 100 },
    );
  });

  it('agrees with a reading of the wall clock, minute by minute, away from clock changes', () => {
    let compared = 0;
    fc.assert(
      fc.property(schedules, minute, (input, from) => {
        const schedule = parseSchedule(input);
        const clock = wallClock(input.timeZone);
        if (clock.offset(from, -3) !== clock.offset(from, 3)) return;

        for (let step = 0; step < 1440; step += 1) {
          const instant = new Date(from.getTime() + step * 60_000);
          const { state } = desiredState(schedule, instant);
          if (state !== clock.read(input, instant)) {
            expect.fail(
              `${instant.toISOString()} should not be ${state}: ${JSON.stringify(input)}`,
            );
          }
          compared += 1;
        }
      }),
      { ...runs, numRuns: 120 },
    );

    expect(compared).toBeGreaterThan(100_000);
  });
});

/** A second opinion that shares nothing with the schedule's code: it compares texts of a clock. */
function wallClock(timeZone: string) {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const show = (instant: Date) => format.format(instant).split(' ') as [string, string];
  const opening = (input: ScheduleInput, date: string) => {
    const covering = input.exceptions?.find(({ dates }) => {
      const [first = '', last = ''] = dates.split('/');
      return first <= date && date <= last;
    });
    const weekday = new Date(`${date}T12:00Z`).getUTCDay();
    return (
      covering?.windows ??
      (covering ? [] : undefined) ??
      input.windows.filter(({ weekdays }) =>
        [weekdays].flat(2).some((day) => Number(day) % 7 === weekday),
      )
    );
  };

  return {
    /** Milliseconds between the clock and UTC, some days off. */
    offset: (instant: Date, days: number) => {
      const then = new Date(instant.getTime() + days * 86_400_000);
      return Date.parse(`${show(then).join('T')}Z`) - then.getTime();
    },
    read: (input: ScheduleInput, instant: Date) => {
      const [today, time] = show(instant);
      const yesterday = new Date(Date.parse(today) - 86_400_000).toISOString().slice(0, 10);
      const open =
        opening(input, today).some(
          ({ from = '00:00', to = '24:00' }) => from <= time && (time < to || to < from),
        ) ||
        opening(input, yesterday).some(
          ({ from = '00:00', to = '24:00' }) => to < from && time < to,
        );
      return open ? 'running' : 'stopped';
    },
  };
}

describe('a schedule that cannot be meant', () => {
  const problems = (input: unknown) => {
    try {
      parseSchedule(input as ScheduleInput);
    } catch (error) {
      return (error as InvalidSchedule).message.split('\n');
    }
    return [];
  };
  const ok = { from: '07:00', to: '19:00' };
  const zone = 'Etc/UTC';

  it.each([
    [3, 'schedule: 3 is not a schedule. Write { … } with timeZone, windows, exceptions.'],
    [
      { timeZone: 'Mars/Phobos', windows: [ok] },
      'timeZone: "Mars/Phobos" is no known time zone. Write an IANA name such as America/Toronto.',
    ],
    [
      { timeZone: '+05:00', windows: [ok] },
      'timeZone: "+05:00" is no known time zone. Write an IANA name such as America/Toronto.',
    ],
    [
      { timeZone: 'america/toronto', windows: [ok] },
      'timeZone: "america/toronto" is not how this time zone is spelled. Write America/Toronto.',
    ],
    [{ timeZone: zone, windows: 3 }, 'windows: 3 is not a list. Write [ … ].'],
    [
      { timeZone: zone, windows: [] },
      'windows: [] has no window. Leave out the schedule for an always-on site.',
    ],
    [
      { timeZone: zone, windows: [{ ...ok, from: '7:00' }] },
      'windows[0].from: "7:00" is not a time of day. Write HH:MM from 00:00 to 23:59.',
    ],
    [
      { timeZone: zone, windows: [{ ...ok, from: '24:00' }] },
      'windows[0].from: "24:00" is not a time of day. Write HH:MM from 00:00 to 23:59.',
    ],
    [
      { timeZone: zone, windows: [ok, { ...ok, to: '24:01' }] },
      'windows[1].to: "24:01" is not a time of day. Write HH:MM from 00:00 to 24:00.',
    ],
    [
      { timeZone: zone, windows: [{ from: '07:00' }] },
      'windows[0].to: nothing is given. Write both from and to, or neither for the whole day.',
    ],
    [
      { timeZone: zone, windows: [{ from: '07:00', to: '07:00' }] },
      'windows[0].to: "07:00" equals from. Leave out both for the whole day.',
    ],
    [
      { timeZone: zone, windows: [{ ...ok, weekdays: 'mon-fry' }] },
      'windows[0].weekdays: "mon-fry" does not name weekdays. Write such as "mon-fri", "sat,sun" ' +
        'or [1, 5]; 0 and 7 are Sunday.',
    ],
    [
      { timeZone: zone, windows: [{ ...ok, weekdays: [8] }] },
      'windows[0].weekdays: [8] does not name weekdays. Write such as "mon-fri", "sat,sun" ' +
        'or [1, 5]; 0 and 7 are Sunday.',
    ],
    [
      { timeZone: zone, windows: [{ ...ok, weekday: 'mon' }] },
      'windows[0].weekday: "mon" belongs to no field of a window. Its fields are from, to, weekdays.',
    ],
    [
      { timeZone: zone, windows: [ok], holidays: [] },
      'holidays: [] belongs to no field of a schedule. Its fields are timeZone, windows, exceptions.',
    ],
    [
      { timeZone: zone, windows: [ok], exceptions: [{ dates: '2026-02-30', name: 'x' }] },
      'exceptions[0].dates: "2026-02-30" is no date. Write 2026-12-25, 2026-12-24/2027-01-03, or ' +
        'for every year 12-25 or 12-24/01-02.',
    ],
    [
      {
        timeZone: zone,
        windows: [ok],
        exceptions: [{ dates: '2026-12-25/2026-12-24', name: 'x' }],
      },
      'exceptions[0].dates: "2026-12-25/2026-12-24" ends before it begins. Write the earlier date first.',
    ],
    [
      { timeZone: zone, windows: [ok], exceptions: [{ dates: '12-25', name: ' ' }] },
      'exceptions[0].name: " " is no name. Write what the operator will read, such as "Christmas".',
    ],
  ])('refuses %j', (input, message) => {
    expect(problems(input)[0]).toBe(message);
  });

  it('is refused with all its problems at once', () => {
    const windows = [{ from: '25:00', to: '7' }, { to: '07:00' }];

    expect(problems({ timeZone: 'Toronto', windows, exceptions: [{}] })).toHaveLength(6);
  });
});
