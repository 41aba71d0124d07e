import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/power/begin.ts';
import type { Run } from '../../../functions/power/run.ts';
import { clients, context, holder, refuse, service } from '../support/clients.ts';
import { CLOSED, EXECUTION, environment, OPEN, OTHER, progress } from '../support/power.ts';
import { freeLease, type Items, intent, intents, lease, reached } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock();

/** Begins the run at a time, on a table with these items; `sfn` knows the lease's holder. */
async function begin(time: string, table: ReturnType<typeof memoryTable>, sfn = service()) {
  vi.setSystemTime(at(time));
  const handler = create(environment(), clients({ dynamodb: table, sfn }));
  return (await handler({ execution: EXECUTION, startedAt: iso('07:00:02') }, context)) as Run;
}

/** As yesterday's stop has left it. */
const asleep = (): Items => ({ ...reached(CLOSED), ...freeLease('2026-11-22T19:06') });
const heldBy = (purpose: string): Items => ({
  ...reached(CLOSED),
  ...lease({ owner: OTHER, purpose, fence: 6 }),
});

describe('the begin of a run', () => {
  it('takes the lease and records the three intents in one transaction', async () => {
    const table = memoryTable(asleep());

    const run = await begin('07:00:10', table);

    expect(run.next).toBe('act');
    expect(table.transactions).toEqual([
      ['put LEASE', 'put INTENT#a', 'put INTENT#b', 'put INTENT#database'],
    ]);
    expect(table.value('LEASE')).toEqual({
      owner: EXECUTION,
      purpose: 'power',
      fence: 7,
      takenAt: iso('07:00:10'),
    });
    for (const name of ['a', 'b', 'database']) {
      expect(table.value(`INTENT#${name}`)).toEqual({
        wish: 'running',
        reason: 'the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
        plannedFor: iso('07:00'),
        run: EXECUTION,
      });
    }
  });

  it('sets out with the goal, its reason and its planned instant, knowing nothing', async () => {
    const run = await begin('07:00:10', memoryTable(asleep()));

    expect(run).toEqual({
      execution: EXECUTION,
      fence: 7,
      goal: OPEN,
      site: 'running',
      reason: 'the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
      plannedFor: iso('07:00'),
      beganAt: iso('07:00:02'),
      progress: progress({ phaseSince: iso('07:00:10') }),
      next: 'act',
      seconds: 0,
      steps: [],
      because: 'the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
      seenAt: iso('07:00:10'),
    });
  });

  it('works on an empty table, as after the first deployment', async () => {
    const table = memoryTable();

    const run = await begin('09:30', table);

    expect(run).toMatchObject({ next: 'act', fence: 1, plannedFor: iso('09:30') });
    expect(table.keys()).toEqual(['INTENT#a', 'INTENT#b', 'INTENT#database', 'LEASE']);
  });

  it('leaves a site alone that is as wished', async () => {
    const table = memoryTable({ ...reached(OPEN), ...freeLease('07:06') });

    const run = await begin('12:00', table);

    expect(run).toMatchObject({
      next: 'leave',
      because: expect.stringMatching(/^nothing to do: the window .* is open/),
    });
    expect(table.transactions).toEqual([]);
  });

  it('pursues an intent that was not fulfilled, for the instant it was planned for', async () => {
    const table = memoryTable({
      ...reached(OPEN),
      'INTENT#b': intent({ plannedFor: iso('07:00'), reason: 'the first time' }),
      ...freeLease('07:41'),
    });

    const run = await begin('07:46', table);

    expect(run).toMatchObject({ next: 'act', plannedFor: iso('07:00'), reason: 'the first time' });
    expect(table.value('INTENT#a')).not.toHaveProperty('reachedAt');
  });

  it('is harmless when the same execution does it twice', async () => {
    const table = memoryTable(asleep());

    const first = await begin('07:00:10', table);
    const again = await begin('07:00:40', table, service(holder('RUNNING')));

    expect(again).toMatchObject({ next: 'act', fence: first.fence, plannedFor: first.plannedFor });
    expect(again.reason).toBe(first.reason);
    expect(table.value('LEASE')).toMatchObject({ owner: EXECUTION, fence: 7 });
  });

  it('writes nothing when somebody is faster, and says so', async () => {
    const table = memoryTable({ ...reached(CLOSED), ...lease({ owner: OTHER, fence: 6 }) });
    const sfn = service({
      DescribeExecution: () => {
        table.write('LEASE', { owner: 'a third', fence: 7 });
        return { status: 'ABORTED', stopDate: at('06:50') };
      },
    });

    const begun = begin('07:00:10', table, sfn);

    await expect(begun).rejects.toMatchObject({ name: 'Conflict' });
    expect(table.value('LEASE')).toEqual({ owner: 'a third', fence: 7 });
    expect(table.value('INTENT#a')).toMatchObject({ wish: 'stopped' });
  });
});

describe('a lease that is held', () => {
  it('makes a duplicate of the same workflow leave', async () => {
    const table = memoryTable({ ...intents(OPEN), ...lease({ owner: OTHER }) });

    const run = await begin('07:00:30', table, service(holder('RUNNING')));

    expect(run).toMatchObject({
      next: 'leave',
      because: 'already under way: the power run other is at work',
    });
    expect(table.transactions).toEqual([]);
  });

  it('by another workflow makes the run wait', async () => {
    const table = memoryTable(heldBy('remediation'));

    const run = await begin('07:10:01', table, service(holder('RUNNING')));

    expect(run).toMatchObject({ next: 'wait', because: 'the remediation run other is at work' });
    expect(table.transactions).toEqual([]);
  });

  it('is waited for at the cost of the run’s own budget: it began when its execution did', async () => {
    const held = memoryTable(heldBy('remediation'));
    const table = memoryTable(asleep());

    const waiting = await begin('07:05', held, service(holder('RUNNING')));
    const run = await begin('07:09:50', table);

    expect(waiting.beganAt).toBe(iso('07:00:02'));
    expect(run).toMatchObject({
      next: 'act',
      beganAt: iso('07:00:02'),
      seenAt: iso('07:09:50'),
      progress: { phaseSince: iso('07:09:50') },
    });
  });

  it('by another workflow for ten minutes ends the run', async () => {
    const table = memoryTable(heldBy('remediation'));

    const begun = begin('07:10:02', table, service(holder('RUNNING')));

    await expect(begun).rejects.toMatchObject({
      name: 'LeaseBusy',
      message: 'waited 10 minutes for the lease: the remediation run other is at work',
    });
    expect(table.transactions).toEqual([]);
  });

  it('by a power run that has just ended makes the run wait, not leave', async () => {
    const table = memoryTable(heldBy('power'));

    const run = await begin('07:00:10', table, service(holder('ABORTED', at('06:58:11'))));

    expect(run).toMatchObject({ next: 'wait', because: expect.stringContaining('in flight') });
  });

  it('by an owner that ended two minutes ago is taken, with the next fence', async () => {
    const table = memoryTable(heldBy('remediation'));

    const run = await begin('07:00:10', table, service(holder('ABORTED', at('06:58:10'))));

    expect(run).toMatchObject({ next: 'act', fence: 7 });
    expect(table.value('LEASE')).toMatchObject({ owner: EXECUTION, fence: 7 });
  });

  it('by an owner that Step Functions does not know is not taken', async () => {
    const table = memoryTable(heldBy('power'));
    const sfn = service({ DescribeExecution: refuse('ExecutionDoesNotExist') });

    const run = await begin('07:05', table, sfn);

    expect(run).toMatchObject({ next: 'wait', because: expect.stringContaining('does not know') });
    expect(table.value('LEASE')).toMatchObject({ owner: OTHER });
  });
});
