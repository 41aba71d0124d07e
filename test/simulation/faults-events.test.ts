import { describe, expect, it } from 'vitest';
import { ends, OPEN } from './support/ends.ts';
import { MORNING, opening } from './support/faulted.ts';

const triggers = (runs: readonly { readonly trigger: string }[]) =>
  runs.map(({ trigger }) => trigger);

describe('events of the schedule', () => {
  it('that are lost leave the start to the tick', async () => {
    const { runs, entry } = await opening([{ name: 'lost-events', on: 'schedule', at: MORNING }]);

    expect(triggers(runs)).toEqual(['tick']);
    expect(entry('Scheduler', 'Power/Times/At0700')?.reason).toBe('its event is lost');
  });

  it('that come ten minutes late find the run of the tick under way', async () => {
    const { runs, time } = await opening([{ name: 'late-events', on: 'schedule', at: MORNING }]);

    expect(triggers(runs)).toEqual(['tick', 'schedule']);
    expect(time('Scheduler', 'Power/Times/At0700')).toBe('12:10');
    expect(runs.map(({ state }) => state)).toEqual(['Site As Wished', 'Nothing To Do']);
  });

  it('that come twice are one start and one alert', async () => {
    const { runs, calls, kinds } = await opening([
      { name: 'doubled-events', on: 'schedule', at: MORNING },
    ]);

    expect(triggers(runs)).toEqual(['schedule', 'schedule']);
    expect(runs.map(({ state }) => state)).toEqual(['Site As Wished', 'Nothing To Do']);
    expect(new Set(calls).size).toBe(calls.length);
    expect(kinds).toEqual(['STARTED']);
  });

  it('that come in any order come up to five minutes late', async () => {
    const { time, kinds } = await opening([
      { name: 'reordered-events', on: 'schedule', at: MORNING },
    ]);

    expect(time('Scheduler', 'Power/Times/At0700')).toMatch(/^12:0[0-5]$/);
    expect(time('Scheduler', 'Power/Times/At0700')).not.toBe('12:00');
    expect(kinds).toEqual(['STARTED']);
  });
});

describe('ticks', () => {
  it('that are lost for ten minutes sound the alarm, and the schedule opens alone', async () => {
    const result = await opening([{ name: 'lost-events', on: 'tick', at: MORNING }]);

    expect(triggers(result.runs)).toEqual(['schedule']);
    // Both of the minute's looks are lost.
    expect(result.kinds).toEqual(['ALARM', 'ALARM', 'STARTED']);
    // The end of the run wakes the tick before its own schedule does again.
    expect(result.time('OrthwebOperations/Site/EachMinute/Missing', 'OK')).toBe('12:08');
    expect(ends(result)).toEqual(OPEN);
  });

  it('that come ten minutes late sound the alarm as well', async () => {
    const { kinds, time } = await opening([{ name: 'late-events', on: 'tick', at: MORNING }]);

    expect(kinds).toEqual(['ALARM', 'ALARM', 'STARTED']);
    expect(time('OrthwebOperations/Site/EachMinute/Missing', 'ALARM')).toBe('12:04');
  });

  it('that come twice start one run when there is one to start', async () => {
    const { runs, kinds } = await opening([
      { name: 'doubled-events', on: 'tick', at: MORNING },
      { name: 'lost-events', on: 'schedule', at: MORNING },
    ]);

    expect(triggers(runs)).toEqual(['tick']);
    expect(kinds).toEqual(['STARTED']);
  });

  it('that come in any order start one run when there is one to start', async () => {
    const { runs, kinds } = await opening([
      { name: 'reordered-events', on: 'tick', at: MORNING },
      { name: 'lost-events', on: 'schedule', at: MORNING },
    ]);

    expect(runs.filter(({ state }) => state !== 'Nothing To Do')).toHaveLength(1);
    expect(kinds).toEqual(['STARTED']);
  });
});

describe('events of rules', () => {
  const abort = { name: 'aborted-run', at: '2026-11-30T07:03' } as const;
  const ended = 'Site/RunEnded';

  it.each([
    // At 12:09 the run that followed has ended, and the fault before it.
    { name: 'lost-events', times: ['12:09'] },
    { name: 'late-events', times: ['12:09', '12:13'] },
    { name: 'doubled-events', times: ['12:03', '12:03', '12:09'] },
  ] as const)('under $name wake the tick at $times', async ({ name, times }) => {
    const result = await opening([abort, { name, on: 'rules', at: MORNING }]);

    const woken = result.entries.filter(({ text }) => text === ended);
    expect(woken.map(({ at }) => at.slice(11, 16))).toEqual(times);
    expect(result.runs.map(({ status }) => status)).toEqual(['ABORTED', 'SUCCEEDED']);
    expect(result.kinds).toEqual(['STARTED']);
    expect(ends(result)).toEqual(OPEN);
  });

  it('in any order wake it within five minutes', async () => {
    const { time, kinds } = await opening([
      abort,
      { name: 'reordered-events', on: 'rules', at: MORNING },
    ]);

    expect(time('EventBridge', ended)).toMatch(/^12:0[3-8]$/);
    expect(kinds).toEqual(['STARTED']);
  });
});
