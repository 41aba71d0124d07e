import { describe, expect, it } from 'vitest';
import { CLOSED, EXECUTION, OTHER, run } from '../support/power.ts';
import {
  brokenTopic,
  fail,
  mails,
  opened,
  report,
  subjects,
  told,
  topic,
  underWay,
} from '../support/report.ts';
import { freeLease, lease, reached } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { iso, stillClock } from '../support/time.ts';

stillClock();

describe('a run that is late', () => {
  const tell = { task: 'tell', run: run({ because: 'node b is pending' }) };

  it('tells it once per planned instant, and keeps the lease', async () => {
    const table = underWay();
    const sns = topic();

    const first = await report('07:15', tell, table, sns);
    const again = await report('07:16', tell, table, sns);

    expect([first, again]).toEqual([
      { outcome: 'tell', told: expect.stringMatching(/^LATE: start of Mon 23 Nov 07:00/) },
      { outcome: 'tell' },
    ]);
    expect(table.transactions[0]).toEqual(['put OUTBOX#2026-11-23T07:00:00.000Z#late', 'put LATE']);
    expect(sns.calls).toHaveLength(1);
    expect(mails(sns)[0]).toContain('Cause    node b is pending');
    expect(table.value('LEASE')).toMatchObject({ owner: EXECUTION });
  });

  it('is told again for another instant', async () => {
    const table = underWay({ LATE: { plannedFor: iso('06:00'), toldAt: iso('06:15') } });
    const sns = topic();

    await report('07:15', tell, table, sns);

    expect(sns.calls).toHaveLength(1);
    expect(table.value('LATE')).toEqual({ plannedFor: iso('07:00'), toldAt: iso('07:15') });
  });
});

describe('a run that has failed', () => {
  it('gives its lease back and tells the sentence of the error', async () => {
    const table = underWay();
    const sns = topic();

    const answer = await report('07:05', fail(), table, sns);

    expect(answer).toMatchObject({ outcome: 'fail', told: expect.stringMatching(/^LATE: start/) });
    expect(table.transactions[0]).toContain('put LEASE');
    expect(mails(sns)[0]).toContain('Cause    NotAllowed: the lease has passed\n');
  });

  it('tells a cause that is no JSON as it is', async () => {
    const sns = topic();
    const timeout = { Error: 'States.Timeout', Cause: 'after 60 seconds' };

    await report('07:05', fail({ run: run(), failure: timeout }), underWay(), sns);

    expect(mails(sns)[0]).toContain('Cause    States.Timeout: after 60 seconds\n');
  });

  it('leaves the lease of another run alone', async () => {
    const table = underWay(lease({ owner: OTHER, fence: 8 }));

    await report('07:05', fail(), table);

    expect(table.value('LEASE')).toMatchObject({ owner: OTHER, fence: 8 });
  });

  it('before it had begun is told for the instant that the table asks for', async () => {
    const table = memoryTable({ ...reached(CLOSED), ...freeLease('2026-11-22T19:06') });
    const busy = { Error: 'LeaseBusy', Cause: '{"errorMessage":"waited 10 minutes"}' };

    const answer = await report('07:11', fail({ failure: busy }), table);

    expect(answer).toMatchObject({
      told: 'LATE: start of Mon 23 Nov 07:00 - no address is proven to work',
    });
    expect(table.value('LATE')).toMatchObject({ plannedFor: iso('07:00') });
  });

  it('tells nothing again that was told before', async () => {
    const sns = topic();

    await report('07:20', fail(), underWay(told), sns);

    expect(sns.calls).toEqual([]);
  });

  it('before anything was planned is told once, however often the report is repeated', async () => {
    const table = memoryTable();
    const sns = topic();

    const first = await report('09:30', fail({}), table, brokenTopic());
    await report('09:30:02', fail({}), table, sns);

    expect(first).toMatchObject({ unpublished: [expect.stringContaining('InternalError')] });
    expect(sns.calls).toHaveLength(1);
  });

  it('only at the publication of its success is not told to be late', async () => {
    const table = underWay();
    const sns = topic();

    await report('07:06:30', { task: 'finish', run: opened }, table, brokenTopic());
    await report('07:07:40', fail({ run: opened }), table, sns);

    expect(subjects(sns)).toEqual(['[clinic] OPEN - use https://a.example']);
  });
});
