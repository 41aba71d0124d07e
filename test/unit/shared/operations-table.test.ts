import { describe, expect, it } from 'vitest';
import { Conflict } from '../../../functions/shared/errors.ts';
import {
  commit,
  isResting,
  put,
  readSite,
  released,
  remove,
} from '../../../functions/shared/operations-table.ts';
import { refuse, service } from '../support/clients.ts';
import { certified, intents, lease, override } from '../support/site.ts';
import { cancelled, memoryTable, TABLE } from '../support/table.ts';
import { at, iso } from '../support/time.ts';

const late = { plannedFor: '2026-11-23T07:00:00.000Z', toldAt: '2026-11-23T07:15:00.000Z' };
const row = { subject: 's', text: 't', attributes: {}, committedAt: late.toldAt };

describe('reading the site', () => {
  it('gives an empty table a free lease, and version 0 to what is not stored', async () => {
    const client = memoryTable();

    const site = await readSite({ client, name: TABLE });

    expect(site).toEqual({
      intents: { a: undefined, b: undefined, database: undefined },
      lease: { key: 'LEASE', version: 0, value: { fence: 0 } },
      override: undefined,
      late: { key: 'LATE', version: 0, value: undefined },
      certificates: { a: undefined, b: undefined },
      incidents: {},
      outbox: [],
    });
  });

  it('sorts each item into its place, with its version', async () => {
    const client = memoryTable({
      ...intents(),
      ...lease(),
      OVERRIDE: override(),
      LATE: late,
      ...certified(),
      'OUTBOX#x': row,
    });
    client.write('LEASE', { fence: 8 });

    const site = await readSite({ client, name: TABLE });

    expect(site.intents.database?.value.wish).toBe('running');
    expect(site.lease).toEqual({ key: 'LEASE', version: 2, value: { fence: 8 } });
    expect(site.override?.value.by).toBe('Ada');
    expect(site.late.value).toEqual(late);
    expect(site.certificates.b).toMatchObject({ key: 'CERTIFICATE#b', version: 1 });
    expect(site.outbox).toEqual([{ key: 'OUTBOX#x', version: 1, value: row }]);
  });

  it('follows the pages to the last', async () => {
    const rows = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`OUTBOX#${n}`, row]));
    const client = memoryTable({ ...intents(), ...lease(), ...rows }, 2);

    const site = await readSite({ client, name: TABLE });

    expect(site.intents.a).toBeDefined();
    expect(site.lease.value.fence).toBe(7);
    expect(site.outbox.map(({ key }) => key)).toEqual(Object.keys(rows));
    expect(client.calls).toHaveLength(6);
  });
});

describe('a commit', () => {
  it('stores a new item as version 1 and counts each change', async () => {
    const client = memoryTable();
    const table = { client, name: TABLE };

    await commit(table, [put('LEASE', { fence: 1 })]);
    const first = await readSite(table);
    await commit(table, [put(first.lease, { fence: 2 })]);

    expect(first.lease.version).toBe(1);
    expect(client.version('LEASE')).toBe(2);
    expect(client.value('LEASE')).toEqual({ fence: 2 });
  });

  it('writes nothing at all when one of its items has changed since it was read', async () => {
    const client = memoryTable({ ...lease(), ...intents() });
    const table = { client, name: TABLE };
    const site = await readSite(table);
    client.write('LEASE', { fence: 9 });

    const writes = [put('LATE', late), put(site.lease, { fence: 8 })];
    const committed = commit(table, writes);

    await expect(committed).rejects.toThrow(new Conflict('LATE, LEASE changed since it was read'));
    expect(client.value('LEASE')).toEqual({ fence: 9 });
    expect(client.value('LATE')).toBeUndefined();
  });

  it('lets only the first of two that create the same item through', async () => {
    const client = memoryTable();
    const table = { client, name: TABLE };

    const both = await Promise.allSettled([
      commit(table, [put('LEASE', { fence: 1, owner: 'one' })]),
      commit(table, [put('LEASE', { fence: 1, owner: 'other' })]),
    ]);

    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { name: 'Conflict' } });
    expect(client.value('LEASE')).toMatchObject({ owner: 'one' });
  });

  it('does not remove an item that has changed since it was read', async () => {
    const client = memoryTable({ 'OUTBOX#x': row });
    const table = { client, name: TABLE };
    const [read] = (await readSite(table)).outbox;
    client.write('OUTBOX#x', { ...row, text: 'another' });

    const committed = commit(table, read ? [remove(read)] : []);

    await expect(committed).rejects.toThrow(Conflict);
    expect(client.keys()).toEqual(['OUTBOX#x']);
  });

  it('removes an item as it was read', async () => {
    const client = memoryTable({ 'OUTBOX#x': row });
    const table = { client, name: TABLE };
    const { outbox } = await readSite(table);

    await commit(table, outbox.map(remove));

    expect(client.keys()).toEqual([]);
  });

  it('leaves out what is undefined', async () => {
    const client = memoryTable();

    await commit({ client, name: TABLE }, [put('LEASE', { fence: 1, owner: undefined })]);

    expect(client.value('LEASE')).toEqual({ fence: 1 });
  });

  it.each(['ConditionalCheckFailed', 'TransactionConflict'])(
    'is a conflict when DynamoDB cancels it for a %s of any of its items',
    async (code) => {
      const refusal = cancelled('None', code);
      const client = service({
        TransactWriteItems: () => {
          throw refusal;
        },
      });

      const committed = commit({ client, name: TABLE }, [put('LATE', late), put('LEASE', {})]);

      await expect(committed).rejects.toThrow(
        new Conflict('LATE, LEASE changed since it was read', { cause: refusal }),
      );
    },
  );

  it.each([
    ['throttled', ['None', 'ThrottlingError']],
    ['wrong', ['ValidationError', 'None']],
    ['cancelled without a reason', []],
  ])('is no conflict when it is %s: that passes on as it is', async (_, codes) => {
    const refusal = cancelled(...codes);
    const client = service({
      TransactWriteItems: () => {
        throw refusal;
      },
    });

    const committed = commit({ client, name: TABLE }, [put('LATE', late), put('LEASE', {})]);

    await expect(committed).rejects.toBe(refusal);
  });

  it('passes on a cancellation that tells no reasons, as it is', async () => {
    const client = service({ TransactWriteItems: refuse('TransactionCanceledException') });

    const committed = commit({ client, name: TABLE }, [put('LEASE', { fence: 1 })]);

    await expect(committed).rejects.toMatchObject({ name: 'TransactionCanceledException' });
  });

  it('passes every other failure of DynamoDB on as it is', async () => {
    const client = service({ TransactWriteItems: refuse('AccessDeniedException') });

    const committed = commit({ client, name: TABLE }, [put('LEASE', { fence: 1 })]);

    await expect(committed).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('a lease that is given back', () => {
  it('is free, with its fence and who had it last, so that the tick knows whose turn is next', () => {
    const stored = { key: 'LEASE', version: 3, value: lease({ purpose: 'certificate' }).LEASE };

    const write = released(stored, at('12:00'));

    expect(write).toEqual({
      put: 'LEASE',
      version: 3,
      value: { fence: 7, purpose: 'certificate', releasedAt: iso('12:00') },
    });
  });
});

describe('a certificate whose renewal failed', () => {
  it('rests until its pause is over', () => {
    const failing = { since: iso('11:00'), attempts: 1, notBefore: iso('12:00'), reason: 'x' };
    const record = { published: {}, failing };

    const rests = ['11:59:59', '12:00'].map((time) => isResting(record, at(time)));

    expect(rests).toEqual([true, false]);
    expect(isResting({ published: {} }, at('12:00'))).toBe(false);
    expect(isResting(undefined, at('12:00'))).toBe(false);
  });
});
