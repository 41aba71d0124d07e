import { describe, expect, it } from 'vitest';
import { CLOSED, ends, OPEN } from './support/ends.ts';
import { clinic, closing, EVENING, MORNING, opening } from './support/faulted.ts';
import { type LocalFault, optionsOf, siteOf } from './support/play.ts';
import { recorded } from './support/recording.ts';

const opensAtNine = siteOf({
  schedule: { windows: [{ from: '09:00', to: '19:00', weekdays: 'mon-fri' }] },
});

/** What a function calls in the opening, call by call. */
async function callsOf(by: string, faults: readonly LocalFault[] = []): Promise<string[]> {
  const scene = { from: '2026-11-30T06:30', days: 0.04, faults };
  const calls = await recorded(optionsOf(clinic, scene));
  return calls
    .filter((one) => one.by === by && one.at >= Date.parse('2026-11-30T12:00Z'))
    .map(({ call }) => call);
}

describe('killed-function', () => {
  it('dies right after the chosen call took effect, and is invoked again', async () => {
    const fault = { name: 'killed-function', on: 'power/begin#2', at: MORNING } as const;

    const usual = await callsOf('power/begin');
    const killed = await callsOf('power/begin', [fault]);
    const result = await opening([fault]);

    expect(usual).toEqual(['dynamodb:Query', 'dynamodb:TransactWriteItems']);
    // The second time it finds its own lease, and asks after itself.
    expect(killed).toEqual([
      ...usual,
      'dynamodb:Query',
      'sfn:DescribeExecution',
      'dynamodb:TransactWriteItems',
    ]);
    expect(result.runs.map(({ state }) => state)).toEqual(['Site As Wished']);
    expect(ends(result)).toEqual(OPEN);
  });

  it('says nothing any more: what follows the call is not called', async () => {
    const fault = { name: 'killed-function', on: 'power/begin#1', at: MORNING } as const;

    const killed = await callsOf('power/begin', [fault]);

    expect(killed).toEqual(['dynamodb:Query', 'dynamodb:Query', 'dynamodb:TransactWriteItems']);
  });
});

describe('hanging-function', () => {
  it('runs into its time-out, once, and the workflow takes it up again', async () => {
    const { entry, time, runs } = await opening([
      { name: 'hanging-function', on: 'power/act', at: MORNING },
    ]);

    const struck = Date.parse(entry('FAULT', 'hanging-function')?.at ?? '');
    const start = Date.parse(entry('power/act', 'rds:StartDBInstance')?.at ?? '');
    expect((start - struck) / 1000).toBeGreaterThan(50);
    expect(time('STARTED', '[clinic] OPEN')).toMatch(/^12:(0[89]|10)$/);
    expect(runs).toHaveLength(1);
  });

  it('of the tick is one tick less', async () => {
    const { entry, kinds } = await opening([
      { name: 'hanging-function', on: 'site/tick', at: MORNING },
    ]);

    expect(entry('Scheduler', 'Site/EachMinute/Schedule failed')?.reason).toContain(
      'Task timed out',
    );
    expect(kinds).toEqual(['STARTED']);
  });
});

describe('aborted-run', () => {
  it('of a stop is followed by a run that ends it', async () => {
    const result = await closing([{ name: 'aborted-run', at: '2026-11-30T19:01' }]);

    expect(result.runs.map(({ status }) => status)).toEqual(['ABORTED', 'SUCCEEDED']);
    expect(result.kinds).toEqual(['STOPPED']);
    expect(ends(result)).toEqual(CLOSED);
  });
});

describe('skewed-clock', () => {
  it('of a function that lags makes its evidence look newer to it, and no harm comes of it', async () => {
    const { calls, entry } = await opening([
      { name: 'skewed-clock', on: 'power/act=-30', at: MORNING },
      { name: 'skewed-clock', on: 'power/look=+30', at: MORNING },
    ]);

    expect(entry('FAULT', 'skewed-clock:power/act=-30')).toBeDefined();
    expect(calls).toContain('ec2:StartInstances node a');
  });

  it('of a tick that is ahead has it start a run too early, which finds nothing to do', async () => {
    const { runs, kinds } = await opening([
      { name: 'skewed-clock', on: 'site/tick=+55', at: MORNING, minutes: 60 },
    ]);

    expect(runs.map(({ trigger, state }) => `${trigger}: ${state}`)).toEqual([
      'tick: Nothing To Do',
      'schedule: Site As Wished',
    ]);
    expect(kinds).toEqual(['STARTED']);
  });
});

describe('deploy', () => {
  const at = '2026-11-30T07:03';

  it('of the same in the middle of a start changes nothing for the run', async () => {
    const { runs, kinds } = await opening([{ name: 'deploy', at }]);

    expect(runs.map(({ state }) => state)).toEqual(['Site As Wished']);
    expect(kinds).toEqual(['STARTED']);
  });

  it('of another plan hands the run over, closes again, and opens when the new plan says', async () => {
    const { directory, plan } = opensAtNine;

    const result = await opening([{ name: 'deploy', at }], {
      days: 0.2,
      deployment: { directory, plan },
    });

    expect(result.runs.map(({ state }) => state)).toEqual([
      'Handed Over',
      'Site As Wished',
      'Site As Wished',
    ]);
    expect(
      result.mails.map(({ at, subject }) => `${at.slice(11, 13)} ${subject.slice(9, 13)}`),
    ).toEqual(['12 Clos', '14 OPEN']);
    expect(result.time('Scheduler', 'Power/Times/At0900')).toBe('14:00');
    expect(ends(result)).toEqual(OPEN);
  });

  it('in the middle of a stop changes nothing for the run either', async () => {
    const result = await closing([
      { name: 'deploy', at: '2026-11-30T19:01' },
      { name: 'doubled-events', on: 'schedule', at: EVENING },
    ]);

    expect(result.kinds).toEqual(['STOPPED']);
    expect(ends(result)).toEqual(CLOSED);
  });
});
