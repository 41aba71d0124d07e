import { describe, expect, it } from 'vitest';
import { type Holder, judgeLease, readHolder, shortName } from '../../../functions/shared/lease.ts';
import { released } from '../../../functions/shared/operations-table.ts';
import { holder, refuse, service } from '../support/clients.ts';
import { EXECUTION, OTHER } from '../support/power.ts';
import { at, iso } from '../support/time.ts';

const held = { owner: OTHER, purpose: 'remediation', fence: 3 };
const now = at('07:10');

const ended = (endedAt: string): Holder => ({ status: 'ended', endedAt: at(endedAt) });

describe('the verdict on the lease', () => {
  it('is free without an owner', () => {
    const verdict = judgeLease({ fence: 3 }, EXECUTION, { status: 'unknown' }, now);

    expect(verdict).toEqual({ state: 'free', reason: 'the lease is free' });
  });

  it('is mine for its owner, whatever Step Functions says', () => {
    const holders: Holder[] = [{ status: 'running' }, { status: 'unknown' }, ended('07:00')];

    const verdicts = holders.map((one) => judgeLease(held, OTHER, one, now).state);

    expect(verdicts).toEqual(['mine', 'mine', 'mine']);
  });

  it('is held for as long as its owner runs', () => {
    const verdict = judgeLease(held, EXECUTION, { status: 'running' }, now);

    expect(verdict).toEqual({ state: 'held', reason: 'the remediation run other is at work' });
  });

  it('is held while Step Functions does not know its owner: that is not an end', () => {
    const verdict = judgeLease(held, EXECUTION, { status: 'unknown' }, now);

    expect(verdict).toEqual({
      state: 'held',
      reason: 'Step Functions does not know the remediation run other',
    });
  });

  it('is free of an unknown owner once no workflow can still be running', () => {
    const since = (takenAt: string) =>
      judgeLease(
        { ...held, takenAt: at(takenAt).toISOString() },
        EXECUTION,
        { status: 'unknown' },
        now,
      );

    // An hour for the longest workflow, two minutes for the longest Lambda.
    expect(since('06:08:01').state).toBe('held');
    expect(since('06:08').state).toBe('free');
  });

  it('stays closed until a Lambda that its owner left in flight must have ended', () => {
    const before = judgeLease(held, EXECUTION, ended('07:08:01'), now);
    const after = judgeLease(held, EXECUTION, ended('07:08'), now);

    expect(before).toEqual({
      state: 'held',
      reason: 'the remediation run other ended 119 s ago; a Lambda of it may be in flight',
    });
    expect(after).toEqual({
      state: 'free',
      reason: 'the remediation run other ended 120 s ago without releasing it',
    });
  });
});

describe('the holder of the lease', () => {
  it('is not asked for when the lease is free', async () => {
    const found = await readHolder(service(), { fence: 3 });

    expect(found).toEqual({ status: 'unknown' });
  });

  it('runs while Step Functions says so', async () => {
    const sfn = service(holder('RUNNING'));

    const found = await readHolder(sfn, held);

    expect(found).toEqual({ status: 'running' });
    expect(sfn.calls).toEqual([{ name: 'DescribeExecution', input: { executionArn: OTHER } }]);
  });

  it('has ended, however it ended, at the time that Step Functions gives', async () => {
    const endings = ['SUCCEEDED', 'ABORTED'] as const;

    const found = await Promise.all(
      endings.map((status) => readHolder(service(holder(status, at('07:05'))), held)),
    );

    expect(found).toEqual([ended('07:05'), ended('07:05')]);
  });

  it('counts as running when it has no time of its end', async () => {
    const found = await readHolder(service(holder('ABORTED')), held);

    expect(found).toEqual({ status: 'running' });
  });

  it('is unknown when the execution does not exist', async () => {
    const sfn = service({ DescribeExecution: refuse('ExecutionDoesNotExist') });

    const found = await readHolder(sfn, held);

    expect(found).toEqual({ status: 'unknown' });
  });

  it('cannot be judged when Step Functions refuses to say', async () => {
    const sfn = service({ DescribeExecution: refuse('ThrottlingException') });

    const found = readHolder(sfn, held);

    await expect(found).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  it('is shown by the last part of its ARN', () => {
    const shown = shortName(OTHER);

    expect(shown).toBe('other');
  });
});

it('a lease given back keeps its fence and what it was for, and nothing of its owner, at the version that was read', () => {
  const stored = { key: 'LEASE', version: 4, value: { ...held, takenAt: iso('07:00') } };

  const write = released(stored, now);

  expect(write).toEqual({
    put: 'LEASE',
    version: 4,
    value: { fence: 3, purpose: 'remediation', releasedAt: iso('07:10') },
  });
});
