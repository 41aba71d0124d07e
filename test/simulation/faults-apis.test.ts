import { describe, expect, it } from 'vitest';
import { CLOSED, ends, OPEN } from './support/ends.ts';
import { clinic, closing, EVENING, MORNING, opening } from './support/faulted.ts';
import { optionsOf } from './support/play.ts';
import { recorded } from './support/recording.ts';

describe('throttled-api', () => {
  it('hits one node alone if the resource is named: node b starts on time', async () => {
    const fault = { name: 'throttled-api', on: 'ec2:StartInstances/a', at: MORNING } as const;

    const { entry, time, calls } = await opening([{ ...fault, minutes: 10 }]);

    expect(time('node b', 'running')).toMatch(/^12:0[45]$/);
    expect(time('node a', 'running')).toMatch(/^12:1[23]$/);
    expect(entry('power/act', 'ec2:StartInstances node a')?.reason).toContain(
      'node a is stopped (RequestLimitExceeded: injected: RequestLimitExceeded)',
    );
    expect(calls.filter((text) => text === 'ec2:StartInstances node b')).toHaveLength(1);
  });

  it('hits every operation of a service under a star', async () => {
    const fault = { name: 'throttled-api', on: 'rds:*', at: MORNING, minutes: 5 } as const;

    const result = await opening([fault]);

    const first = result.entry('power/act', 'rds:StartDBInstance');
    expect(first?.at.slice(11, 16)).toMatch(/^12:0[4-9]$/);
    expect(ends(result)).toEqual(OPEN);
  });
});

describe('failing-api', () => {
  it('is to the caller the error that AWS documents, and nothing happens', async () => {
    const on = 'rds:StartDBInstance=InsufficientDBInstanceCapacityFault';

    const { entry, time } = await opening([{ name: 'failing-api', on, at: MORNING, minutes: 8 }]);

    expect(time('power/act', 'rds:StartDBInstance')).toMatch(/^12:(0[7-9]|1\d)$/);
    expect(entry('power/act', 'rds:StartDBInstance')?.reason).toContain(
      'InsufficientDBInstanceCapacityFault: injected: InsufficientDBInstanceCapacityFault',
    );
  });

  it('that means we are wrong is tried again after the longest pause, and holds up nothing else', async () => {
    const on = 'ec2:StopInstances/b=UnauthorizedOperation';

    const result = await closing([{ name: 'failing-api', on, at: EVENING, minutes: 5 }]);

    expect(result.runs.map(({ status }) => status)).toEqual(['SUCCEEDED']);
    expect(result.kinds).toEqual(['STOPPED']);
    expect(result.time('node a', 'stopped')).toMatch(/^00:0[1-3]$/);
    expect(result.entry('power/act', 'ec2:StopInstances node b')?.reason).toContain(
      'node b is drained (UnauthorizedOperation: injected: UnauthorizedOperation)',
    );
    expect(ends(result)).toEqual(CLOSED);
  });
});

describe('unanswered-api', () => {
  it('lets the alert go out and the function time out: the operator reads the same twice', async () => {
    const fault = { name: 'unanswered-api', on: 'sns:Publish', at: MORNING, minutes: 11 } as const;

    const { mails, entries } = await opening([fault]);

    const opened = mails.filter(({ attributes }) => attributes.kind === 'STARTED');
    const texts = opened.map(({ text }) => text);
    const timeouts = entries.filter(({ reason }) => reason.includes('Task timed out after 50'));
    expect(texts.length).toBeGreaterThan(1);
    expect(new Set(texts).size).toBe(1);
    expect(timeouts).not.toEqual([]);
  });

  it('of a start is no second start: the next look sees that it took effect', async () => {
    const fault = { name: 'unanswered-api', on: 'rds:StartDBInstance', at: MORNING } as const;

    const { calls, time } = await opening([fault]);

    expect(calls.filter((text) => text.startsWith('rds:'))).toEqual([
      'rds:StartDBInstance database',
    ]);
    expect(time('database', 'available')).toBe('12:04');
  });
});

describe('stale-reads', () => {
  it('has the function see each change of a node thirty seconds late', async () => {
    const faults = [{ name: 'stale-reads', at: MORNING, minutes: 10 }] as const;
    const scene = { from: '2026-11-30T06:30', days: 0.07 };

    const { time } = await opening(faults);

    // Checks are asked for once a node is seen to run.
    const checked = async (options: Parameters<typeof recorded>[0]) =>
      (await recorded(options)).find(
        ({ call, at }) =>
          call === 'ec2:DescribeInstanceStatus' && at > Date.parse('2026-11-30T12:00Z'),
      )?.at ?? 0;
    const usual = await checked(optionsOf(clinic, scene));
    const stale = await checked(optionsOf(clinic, { ...scene, faults }));
    expect(stale - usual).toBeGreaterThanOrEqual(10_000);
    expect(time('node a', 'running')).toMatch(/^12:0[45]$/);
  });
});

describe('insufficient-capacity', () => {
  it('keeps one node down for as long as it lasts, and the other opens', async () => {
    const fault = { name: 'insufficient-capacity', on: 'b', at: MORNING, minutes: 12 } as const;

    const { entry, time } = await opening([fault]);

    expect(time('node a', 'running')).toMatch(/^12:0[45]$/);
    expect(time('node b', 'running')).toMatch(/^12:1[1-9]$/);
    expect(entry('power/act', 'ec2:StartInstances node b')).toBeDefined();
  });
});
