import { describe, expect, it } from 'vitest';
import { CLOSED, ends, OPEN } from './support/ends.ts';
import { closing, EVENING, MORNING, opening } from './support/faulted.ts';

describe('slow-node', () => {
  it('lets a stop hang for a quarter of an hour: it is told as late, and the database waits', async () => {
    const fault = { name: 'slow-node', on: 'a', at: EVENING, minutes: 15 } as const;

    const result = await closing([fault]);

    expect(result.time('node b', 'stopped')).toBe('00:01');
    expect(result.entry('node a', 'stopped')?.reason).toBe('after 900 s stopping');
    expect(result.time('power/act', 'rds:StopDBInstance')).toBe('00:16');
    expect(result.kinds).toEqual(['LATE', 'STOPPED']);
    expect(result.mails[0]?.text).toContain('node a is stopping');
    expect(ends(result)).toEqual(CLOSED);
  });

  it('takes the next start or stop, and only that', async () => {
    const { entries } = await opening([{ name: 'slow-node', on: 'b', at: MORNING, minutes: 4 }]);

    const seconds = entries
      .filter(({ kind, who }) => kind === 'world' && who.startsWith('node'))
      .map(({ who, reason }) => `${who} ${reason}`);
    expect(seconds).toContain('node b after 240 s pending');
    expect(seconds).not.toContain('node a after 240 s pending');
  });
});

describe('slow-database', () => {
  it('takes as long to start as is said', async () => {
    const { entry } = await opening([{ name: 'slow-database', at: MORNING, minutes: 9 }]);

    expect(entry('database', 'available')?.reason).toBe('after 540 s starting');
  });
});

describe('failing-database', () => {
  it('keeps both nodes from serving while RDS calls it available, and no node is blamed', async () => {
    const fault = { name: 'failing-database', at: MORNING, minutes: 17 } as const;

    const { calls, kinds, mails, time } = await opening([fault]);

    expect(time('database', 'available')).toBe('12:04');
    expect(kinds).toEqual(['LATE', 'STARTED']);
    expect(mails[0]?.text).toContain('Nothing is heard from the database.');
    expect(calls.filter((text) => text.startsWith('undrain'))).toEqual([]);
    expect(mails[1]?.at.slice(11, 16)).toMatch(/^12:1[6-8]$/);
  });
});

describe('dead-host', () => {
  it('answers nobody until it is over, and is not stopped for it', async () => {
    const fault = { name: 'dead-host', on: 'a', at: '2026-11-30T07:07', minutes: 5 } as const;

    const result = await opening([fault]);

    expect(result.calls).not.toContain('ec2:StopInstances node a');
    expect(result.time('STARTED', '[clinic] OPEN')).toMatch(/^12:1[2-4]$/);
    expect(ends(result)).toEqual(OPEN);
  });
});

describe('silent-agent', () => {
  it('keeps a node that runs from being proven until it answers', async () => {
    const { time } = await opening([{ name: 'silent-agent', on: 'a', at: MORNING, minutes: 12 }]);

    expect(time('node a', 'running')).toMatch(/^12:0[45]$/);
    expect(time('STARTED', '[clinic] OPEN')).toMatch(/^12:1[0-2]$/);
  });

  it('keeps a node from being drained, which is stopped all the same where both are', async () => {
    const { calls, entry } = await closing([
      { name: 'silent-agent', on: 'a', at: EVENING, minutes: 12 },
    ]);

    expect(calls).not.toContain('drain node a');
    expect(calls).toContain('drain node b');
    expect(entry('power/act', 'ec2:StopInstances node a')?.reason).toContain(
      'node a could not be drained',
    );
  });
});
