import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { CLOCKS } from '../../functions/shared/clocks.ts';
import * as errors from '../../functions/shared/errors.ts';
import { assertFilled, assertSupported } from '../../infra/operations/workflow.ts';
import { runbookSections, sectionNamedIn } from './support/runbook.ts';

interface Retry {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxAttempts?: number;
  readonly MaxDelaySeconds?: number;
}

interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly Parameters?: { readonly FunctionName?: string };
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly Retry[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Default?: string;
  readonly Next?: string;
  readonly Cause?: string;
}

interface Machine {
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

const FOLDER = path.join(import.meta.dirname, '../../statemachines');
const files = readdirSync(FOLDER);

/** Longer than any Lambda of ours may run: no Task waits for more. */
const LONGEST_TASK = 120;

it('every file in statemachines/ is a workflow in ASL', () => {
  expect(files).not.toEqual([]);
  expect(files.filter((file) => !file.endsWith('.asl.json'))).toEqual([]);
});

describe.each(files)('statemachines/%s', (file) => {
  const source = readFileSync(path.join(FOLDER, file), 'utf8');
  const machine: Machine = JSON.parse(source);
  const states = Object.entries(machine.States);
  const tasks = states.filter(([, { Type }]) => Type === 'Task');
  const caught = tasks.flatMap(([, { Catch = [] }]) => Catch);
  const retries = tasks.flatMap(([, { Retry = [] }]) => Retry);

  /** Where a state can lead, by its own transitions and by its Catch. */
  const nextOf = ({ Next, Default, Choices = [], Catch = [] }: State): string[] =>
    [
      Next,
      Default,
      ...Choices.map((choice) => choice.Next),
      ...Catch.map((one) => one.Next),
    ].filter((name) => name !== undefined);

  const reachedFrom = (start: string): [string, State][] => {
    const seen = new Set([start]);
    for (const name of seen) {
      for (const next of nextOf(machine.States[name] as State)) seen.add(next);
    }
    return states.filter(([name]) => seen.has(name));
  };

  it('is JSON before its placeholders are filled, and the language’s own rules accept it', () => {
    const verdict = validate(JSON.parse(source), { checkPaths: true, checkArn: true });

    expect(verdict.errorsText()).toBe('');
    expect(verdict.isValid).toBe(true);
  });

  it('ends by itself, at the latest by its time-out', () => {
    expect(machine.TimeoutSeconds).toBeGreaterThan(0);
    expect(machine.TimeoutSeconds).toBeLessThanOrEqual(60 * 60);
  });

  it.each(tasks)('"%s" waits for two minutes at the most', (_, { TimeoutSeconds }) => {
    expect(TimeoutSeconds).toBeGreaterThan(0);
    expect(TimeoutSeconds).toBeLessThanOrEqual(LONGEST_TASK);
  });

  it.each(tasks)('"%s" calls a function of ours, so that a rehearsal can', (_, state) => {
    expect(state.Resource).toBe('arn:aws:states:::lambda:invoke');
    expect(state.Parameters?.FunctionName).toMatch(/^\$\{[A-Z]\w+\}$/);
  });

  it.each(tasks)('"%s" tries again, and not for ever', (_, { Retry = [] }) => {
    expect(Retry.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    for (const { MaxAttempts } of Retry) expect(MaxAttempts).toBeLessThanOrEqual(6);
    expect(Retry.at(-1)?.MaxAttempts).toBeGreaterThan(0);
  });

  it.each(tasks)('"%s" says how long its retries take', (_, { Comment = '', Retry = [] }) => {
    const said = /Retries: ([\d +]+) s at the most\./.exec(Comment)?.[1];

    expect(said).toBe(waits(Retry.at(-1)).join(' + '));
  });

  it.each(tasks)('"%s" catches every error', (_, { Catch = [] }) => {
    expect(Catch.flatMap(({ ErrorEquals }) => ErrorEquals)).toContain('States.ALL');
  });

  it('is never green after an error: each path from a Catch ends in a Fail', () => {
    expect(caught).not.toEqual([]);
    for (const { Next } of caught) {
      const ends = reachedFrom(Next).filter(([, state]) => nextOf(state).length === 0);

      expect(ends).not.toEqual([]);
      expect(ends.filter(([, { Type }]) => Type !== 'Fail')).toEqual([]);
    }
  });

  it('cannot go in circles after an error', () => {
    for (const { Next } of caught) {
      for (const [name, state] of reachedFrom(Next)) {
        for (const next of nextOf(state)) {
          expect(reachedFrom(next).map(([reached]) => reached)).not.toContain(name);
        }
      }
    }
  });

  it('sends the operator of a failed run to a section that the runbook has', () => {
    const fails = states.filter(([, { Type }]) => Type === 'Fail');

    expect(fails).not.toEqual([]);
    for (const [, { Cause }] of fails) {
      expect(runbookSections()).toContain(sectionNamedIn(Cause ?? ''));
    }
  });

  it('knows no error that functions/shared/errors.ts does not export under that name', () => {
    const named = [...retries, ...caught]
      .flatMap(({ ErrorEquals }) => ErrorEquals)
      .filter((name) => !/^(States|Lambda)\./.test(name));
    const exported = Object.values(errors).map((Failure) => String(new Failure('').name));

    expect(exported).toEqual(Object.keys(errors));
    expect(named.filter((name) => !exported.includes(name))).toEqual([]);
  });

  it('has every placeholder between quotes, and each as a whole value', () => {
    const placeholders = source.match(/\$\{[^}]*\}/g) ?? [];

    expect(placeholders).not.toEqual([]);
    expect(source.match(/"\$\{\w+\}"/g)).toHaveLength(placeholders.length);
  });

  it('has nothing that the offline interpreter gets wrong', () => {
    expect(() => assertSupported(file, machine)).not.toThrow();
  });
});

/** The longest waits before each further attempt, in seconds; jitter only shortens them. */
function waits(retry: Retry | undefined): number[] {
  // The language's own defaults.
  const { IntervalSeconds = 1, BackoffRate = 2, MaxAttempts = 3, MaxDelaySeconds } = retry ?? {};
  return Array.from({ length: MaxAttempts }, (_, attempt) =>
    Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds ?? Number.POSITIVE_INFINITY),
  );
}

it('a power run that uses up its budget still has the time to finish', () => {
  const machine: Machine = JSON.parse(readFileSync(path.join(FOLDER, 'power.asl.json'), 'utf8'));
  const { TimeoutSeconds = 0, Retry = [] } = machine.States.Finish ?? {};
  // The longest pause before the look that ends the run; decide.properties.test.ts holds it.
  const pause = 90;
  const waiting = waits(Retry.at(-1)).reduce((sum, wait) => sum + wait, 0);

  expect(CLOCKS.leaseWait).toBeLessThan(CLOCKS.runBudget);
  expect([waiting, TimeoutSeconds]).not.toContain(0);
  // Every attempt may take its whole time-out.
  const attempts = ((Retry.at(-1)?.MaxAttempts ?? 3) + 1) * TimeoutSeconds;
  expect(CLOCKS.runBudget + pause + waiting + attempts).toBeLessThan(machine.TimeoutSeconds ?? 0);
});

describe('assertFilled', () => {
  const source = '{ "A": "${PowerLook}", "B": "${PowerAct}" }';

  it('accepts a value for each placeholder', () => {
    expect(() => assertFilled('x', source, { PowerLook: 1, PowerAct: 1 })).not.toThrow();
  });

  it('refuses a placeholder that nobody fills, and names file and placeholder', () => {
    expect(() => assertFilled('x.asl.json', source, { PowerLook: 1 })).toThrow(
      'x.asl.json: missing [PowerAct], surplus []',
    );
  });

  it('refuses a value that nobody asked for, and names it', () => {
    expect(() =>
      assertFilled('x.asl.json', source, { PowerLook: 1, PowerAct: 1, PowerAcct: 1 }),
    ).toThrow('x.asl.json: missing [], surplus [PowerAcct]');
  });
});

describe('assertSupported', () => {
  const withState = (state: object) => ({ StartAt: 'X', States: { X: state } });

  it.each([
    ['JSONata', { QueryLanguage: 'JSONata', ...withState({ Type: 'Succeed' }) }],
    ['JSONata', withState({ Type: 'Pass', QueryLanguage: 'JSONata', End: true })],
    ['Assign', withState({ Type: 'Pass', Assign: { x: 1 }, End: true })],
    ['$$.State', withState({ Type: 'Pass', Parameters: { 'at.$': '$$.State.EnteredTime' } })],
    ['$$.Task', withState({ Type: 'Task', Parameters: { 'token.$': '$$.Task.Token' } })],
    ['Pass with "Result": false', withState({ Type: 'Pass', Result: false, End: true })],
    ['HeartbeatSeconds', withState({ Type: 'Task', HeartbeatSeconds: 30 })],
    ['HeartbeatSeconds', withState({ Type: 'Task', HeartbeatSecondsPath: '$.beat' })],
  ])('refuses %s and names the file', (name, definition) => {
    expect(() => assertSupported('x.asl.json', definition)).toThrow(
      `x.asl.json: ${name} cannot be rehearsed offline`,
    );
  });

  it('accepts what only resembles them', () => {
    const state = {
      Type: 'Pass',
      Comment: 'Nothing of JSONata, Assign or HeartbeatSeconds here.',
      Parameters: { 'machine.$': '$$.StateMachine.Id', 'run.$': '$$.Execution.Id' },
      Result: { ready: false },
      End: true,
    };

    expect(() => assertSupported('x.asl.json', withState(state))).not.toThrow();
  });
});
