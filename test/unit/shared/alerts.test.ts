import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Alert, outboxRow, publish } from '../../../functions/shared/alerts.ts';
import { commit, type OutboxRow, readSite } from '../../../functions/shared/operations-table.ts';
import { refuse, service } from '../support/clients.ts';
import { memoryTable, TABLE } from '../support/table.ts';
import { at } from '../support/time.ts';

const TOPIC = 'arn:aws:sns:eu-west-2:111122223333:clinic-alerts';

const alert = (more: Partial<Alert> = {}): Alert => ({
  kind: 'LATE',
  severity: 'high',
  event: 'LATE: start of Mon 23 Nov 07:00',
  advice: 'use https://a.example',
  body: ['Node a   https://a.example', 'Cause    node b is pending'],
  key: '2026-11-23T07:00:00.000Z#late',
  ...more,
});

const rowOf = (more: Partial<Alert> = {}): OutboxRow => {
  const write = outboxRow('clinic', alert(more), at('07:15'));
  return ('put' in write ? write.value : {}) as OutboxRow;
};

/** A table with these rows committed, as a publisher finds it. */
async function outbox(...keys: string[]) {
  const client = memoryTable();
  const table = { client, name: TABLE };
  for (const key of keys) {
    await commit(table, [outboxRow('clinic', alert({ key }), at('07:15'))]);
  }
  return { client, table, rows: (await readSite(table)).outbox };
}

describe('an outbox row', () => {
  it('is a new item under the key of its transition', () => {
    const write = outboxRow('clinic', alert(), at('07:15'));

    expect(write).toMatchObject({ put: 'OUTBOX#2026-11-23T07:00:00.000Z#late', version: 0 });
  });

  it('carries the site and the headline as subject, the headline again above the text', () => {
    const row = rowOf();

    expect(row.subject).toBe('[clinic] LATE: start of Mon 23 Nov 07:00 - use https://a.example');
    expect(row.text.split('\n')).toEqual([
      'LATE: start of Mon 23 Nov 07:00 - use https://a.example',
      '',
      'Node a   https://a.example',
      'Cause    node b is pending',
    ]);
    expect(row.attributes).toEqual({ site: 'clinic', kind: 'LATE', severity: 'high' });
    expect(row.committedAt).toBe('2026-11-23T07:15:00.000Z');
    expect(row.data).toEqual({
      schema: 'orthweb.alert/1',
      dedupKey: '2026-11-23T07:00:00.000Z#late',
      kind: 'LATE',
      severity: 'high',
      site: 'clinic',
      headline: 'LATE: start of Mon 23 Nov 07:00 - use https://a.example',
    });
  });

  it('has for machines what its alert adds, which changes none of the fields of all alerts', () => {
    const { data } = rowOf({ details: { incidents: ['one'], kind: 'another' } });

    expect(data).toMatchObject({ incidents: ['one'], kind: 'LATE', schema: 'orthweb.alert/1' });
  });

  it('has a subject of less than 100 printable ASCII characters, whatever the alert says', () => {
    const text = fc.string({ unit: 'binary', maxLength: 150 });
    fc.assert(
      fc.property(text, text, (event, advice) => {
        const { subject } = rowOf({ event, advice });

        expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
      }),
    );
  });

  it('writes a dash in the subject where SNS would refuse one, and keeps the text as it is', () => {
    const row = rowOf({ event: 'open Mon–Fri', advice: '— zürich' });

    expect(row.subject).toBe('[clinic] open Mon-Fri - - z?rich');
    expect(row.text).toContain('open Mon–Fri - — zürich');
  });
});

describe('publishing', () => {
  it('sends each row in order and clears it', async () => {
    const { client, table, rows } = await outbox('1', '2');
    const sns = service({ Publish: () => ({}) });

    await publish(sns, table, TOPIC, rows);

    expect(sns.calls).toHaveLength(2);
    expect(sns.calls[0]?.input).toEqual({
      TopicArn: TOPIC,
      Subject: rows[0]?.value.subject,
      MessageStructure: 'json',
      Message: expect.any(String),
      MessageAttributes: {
        site: { DataType: 'String', StringValue: 'clinic' },
        kind: { DataType: 'String', StringValue: 'LATE' },
        severity: { DataType: 'String', StringValue: 'high' },
      },
    });
    expect(client.keys()).toEqual([]);
  });

  it('leaves the row where it is when SNS refuses, and says so', async () => {
    const { client, table, rows } = await outbox('1');
    const sns = service({ Publish: refuse('InternalErrorException') });

    const unpublished = await publish(sns, table, TOPIC, rows);

    expect(unpublished).toEqual([expect.stringContaining('InternalErrorException')]);
    expect(client.keys()).toEqual(['OUTBOX#1']);
  });

  it('goes on to the next row when somebody else has cleared the first', async () => {
    const { client, table, rows } = await outbox('1', '2');
    const sns = service({
      Publish: async () => {
        const { outbox } = await readSite(table);
        if (outbox.length === 2)
          await publish(service({ Publish: () => ({}) }), table, TOPIC, outbox.slice(0, 1));
      },
    });

    await publish(sns, table, TOPIC, rows);

    expect(sns.calls).toHaveLength(2);
    expect(client.keys()).toEqual([]);
  });

  it('says so when a published row cannot be cleared: it will go out again', async () => {
    const { rows } = await outbox('1');
    const sns = service({ Publish: () => ({}) });
    const client = service({ TransactWriteItems: refuse('AccessDeniedException') });

    const unpublished = await publish(sns, { client, name: TABLE }, TOPIC, rows);

    expect(unpublished).toEqual([expect.stringContaining('AccessDeniedException')]);
  });
});
