import { describe, expect, it } from 'vitest';
import { CLOSED, closingRun, drainedAt, OTHER, run } from '../support/power.ts';
import {
  brokenTopic,
  mails,
  opened,
  report,
  subjects,
  told,
  topic,
  underWay,
} from '../support/report.ts';
import { intent, intents, lease } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { iso, stillClock } from '../support/time.ts';

stillClock();

describe('a run that has reached its goal', () => {
  const finish = { task: 'finish', run: opened };

  it('gives the lease back, marks the intents and leaves the alert in one transaction', async () => {
    const table = underWay();

    const answer = await report('07:06:30', finish, table);

    expect(answer).toEqual({ outcome: 'done', told: 'OPEN - use https://a.example' });
    expect(table.transactions[0]).toEqual([
      'put LEASE',
      'put INTENT#a',
      'put INTENT#b',
      'put INTENT#database',
      'put OUTBOX#2026-11-23T07:00:00.000Z#started#7',
    ]);
    expect(table.value('LEASE')).toEqual({
      fence: 7,
      purpose: 'power',
      releasedAt: iso('07:06:30'),
    });
    expect(table.value('INTENT#b')).toEqual(intent({ reachedAt: iso('07:06:30') }));
  });

  it('tells the operator and clears the outbox', async () => {
    const table = underWay();
    const sns = topic();

    await report('07:06:30', finish, table, sns);

    expect(subjects(sns)).toEqual(['[clinic] OPEN - use https://a.example']);
    expect(table.keys().filter((key) => key.startsWith('OUTBOX#'))).toEqual([]);
  });

  it('writes nothing and tells nothing twice when the report is repeated', async () => {
    const table = underWay();
    const sns = topic();

    await report('07:06:30', finish, table, sns);
    const after = table.transactions.length;
    const again = await report('07:06:40', finish, table, sns);

    expect(again).toEqual({ outcome: 'done' });
    expect(table.transactions).toHaveLength(after);
    expect(subjects(sns)).toHaveLength(1);
  });

  it('keeps the row when it cannot be published, and publishes it when repeated', async () => {
    const table = underWay();
    const sns = topic();

    await report('07:06:30', finish, table, brokenTopic());
    const kept = table.keys().filter((key) => key.startsWith('OUTBOX#'));
    await report('07:06:40', finish, table, sns);

    expect(kept).toEqual(['OUTBOX#2026-11-23T07:00:00.000Z#started#7']);
    expect(subjects(sns)).toEqual(['[clinic] OPEN - use https://a.example']);
    expect(table.value('LEASE')).toEqual({
      fence: 7,
      purpose: 'power',
      releasedAt: iso('07:06:30'),
    });
  });

  it('does not mark an intent that belongs to another run by now', async () => {
    const table = underWay({ 'INTENT#b': intent({ run: OTHER }) });

    await report('07:06:30', finish, table);

    expect(table.value('INTENT#a')).toHaveProperty('reachedAt');
    expect(table.value('INTENT#b')).not.toHaveProperty('reachedAt');
  });

  it('says that the notice of lateness is over', async () => {
    const sns = topic();

    await report('07:16:30', finish, underWay(told), sns);

    expect(sns.calls[0]?.input).toMatchObject({
      Message: expect.stringContaining('you were told at Mon 23 Nov 07:15; this is over now'),
    });
  });

  it('tells which transfers the stop has cut', async () => {
    const table = memoryTable({ ...intents(CLOSED), ...lease() });
    const sns = topic();
    const drained = { a: drainedAt('19:04:30', '2 connections were still open') };
    const ours = closingRun({ outcome: 'done', progress: { drained } });

    await report('19:05', { task: 'finish', run: ours }, table, sns);

    expect(mails(sns)[0]).toContain(
      'Cut      node a was stopped all the same: 2 connections were still open\n',
    );
  });

  it('tells what closed the site', async () => {
    const table = memoryTable({ ...intents(CLOSED), ...lease() });
    const sns = topic();

    await report('19:05', { task: 'finish', run: closingRun({ outcome: 'done' }) }, table, sns);

    expect(subjects(sns)).toEqual([
      '[clinic] Closed as planned until Tue 24 Nov 07:00 - no address works',
    ]);
  });

  it('fails, with nothing told, when somebody else has written meanwhile', async () => {
    const table = underWay();
    const sns = topic();
    const racing = {
      ...table,
      send: (async (command: object) => {
        const answer = await (table.send as (command: object) => Promise<unknown>)(command);
        table.write('LEASE', { owner: OTHER, fence: 8 });
        return answer;
      }) as never,
    };

    const reported = report('07:06:30', finish, racing, sns);

    await expect(reported).rejects.toMatchObject({ name: 'Conflict' });
    expect(sns.calls).toEqual([]);
  });
});

describe('a run that ends without its goal', () => {
  const unfinished = run({ outcome: 'unfinished', because: 'node b is stopped' });

  it('gives the lease back, tells the cause once and leaves the intents open', async () => {
    const table = underWay();

    const answer = await report('07:40', { task: 'finish', run: unfinished }, table);

    expect(answer).toMatchObject({ outcome: 'unfinished', told: expect.stringMatching(/^LATE: /) });
    expect(table.transactions[0]).toEqual([
      'put LEASE',
      'put OUTBOX#2026-11-23T07:00:00.000Z#late',
      'put LATE',
    ]);
    expect(table.value('LATE')).toEqual({ plannedFor: iso('07:00'), toldAt: iso('07:40') });
    expect(table.value('INTENT#b')).not.toHaveProperty('reachedAt');
  });

  it('tells nothing again that was told before', async () => {
    const table = underWay(told);
    const sns = topic();

    const answer = await report('07:40', { task: 'finish', run: unfinished }, table, sns);

    expect(answer).toEqual({ outcome: 'unfinished' });
    expect(sns.calls).toEqual([]);
    expect(table.value('LEASE')).toMatchObject({ releasedAt: iso('07:40') });
  });

  it('gives the lease back and reaches nothing when it was superseded', async () => {
    const table = underWay();
    const sns = topic();

    const event = { task: 'finish', run: run({ outcome: 'superseded' }) };
    const answer = await report('07:05', event, table, sns);

    expect(answer).toEqual({ outcome: 'superseded' });
    expect(table.transactions).toEqual([['put LEASE']]);
    expect(table.value('LEASE')).toEqual({
      fence: 7,
      purpose: 'power',
      releasedAt: iso('07:05'),
    });
    expect(sns.calls).toEqual([]);
  });
});
