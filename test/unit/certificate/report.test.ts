import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/certificate/report.ts';
import type { Progress } from '../../../functions/certificate/run.ts';
import type { Measure } from '../../../functions/shared/measures.ts';
import {
  EXECUTION,
  environment,
  inspection,
  newOf,
  OTHER,
  oldOf,
  record,
  renewed,
  run,
  sight,
} from '../support/certificate.ts';
import { clients, context, refuse, service } from '../support/clients.ts';
import { mails, subjects } from '../support/report.ts';
import { type Items, lease, reached } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock();

const topic = () => service({ Publish: () => ({}) });
const underWay = (more: Items = {}) =>
  memoryTable({
    ...reached(),
    ...lease({ owner: EXECUTION, purpose: 'certificate' }),
    'CERTIFICATE#a': record({ run: EXECUTION }),
    ...more,
  });

function report(
  event: object,
  table: ReturnType<typeof memoryTable>,
  sns = topic(),
  measured: Measure[] = [],
) {
  vi.setSystemTime(at('12:02'));
  const measures = { put: (some: readonly Measure[]) => void measured.push(...some) };
  const handler = create(environment(), clients({ dynamodb: table, sns, measures }));
  return handler(event, context);
}

const looked: Partial<Progress> = {
  inspections: { a: inspection('a'), b: inspection('b') },
  seen: { a: sight('12:01:30', newOf('a')), b: sight('12:01:30', oldOf('b')) },
  addresses: { a: 'a.example', b: 'b.example' },
  plan: {
    a: { due: true, urgent: false, reason: '20 days are left' },
    b: { due: false, urgent: false, reason: '60 days are left' },
  },
};
const finish = (outcome: 'done' | 'failed' | 'planned', progress: Partial<Progress>) => ({
  task: 'finish',
  run: run({ outcome, because: 'x', signer: 1, progress: { ...looked, ...progress } }),
});
const done = finish('done', { renewed: { a: renewed('a') } });
const failed = finish('failed', {
  failure: { node: 'a', stage: 'install', reason: 'no', passing: false, restored: true },
});
const caught = { Error: 'NotAllowed', Cause: '{"errorMessage":"the lease has passed"}' };
const fail = (more: object = {}) => ({
  task: 'fail',
  execution: EXECUTION,
  state: { failure: caught, ...more },
});

describe('a run that has renewed a node', () => {
  it('gives the lease back, and leaves records and alert in one transaction', async () => {
    const table = underWay();

    const answer = await report(done, table);

    expect(answer).toEqual({
      outcome: 'done',
      because: 'x',
      told: ['RENEWED: certificate of node a - use https://a.example'],
    });
    expect(table.transactions[0]).toEqual([
      'put LEASE',
      'put CERTIFICATE#a',
      'put CERTIFICATE#b',
      'put OUTBOX#2026-11-23T12:00:00.000Z#renewed#7',
    ]);
    expect(table.value('LEASE')).toEqual({
      fence: 7,
      purpose: 'certificate',
      releasedAt: iso('12:02'),
    });
    expect(table.value('CERTIFICATE#a')).not.toHaveProperty('run');
    expect(table.value('CERTIFICATE#b')).toMatchObject({ checkedAt: iso('12:02') });
  });

  it('tells the operator and clears the outbox', async () => {
    const table = underWay();
    const sns = topic();

    await report(done, table, sns);

    expect(subjects(sns)).toEqual([
      '[clinic] RENEWED: certificate of node a - use https://a.example',
    ]);
    expect(table.keys().filter((key) => key.startsWith('OUTBOX#'))).toEqual([]);
  });

  it('tells nothing where a start waits for it, which tells by itself when it is done', async () => {
    const wanted = { since: iso('11:59'), reason: 'x' };
    const table = underWay({ 'CERTIFICATE#a': record({ wanted }) });
    const sns = topic();

    const answer = await report(done, table, sns);

    expect(answer).not.toHaveProperty('told');
    expect(sns.calls).toEqual([]);
    expect(table.value('CERTIFICATE#a')).not.toHaveProperty('wanted');
  });

  it('writes, tells and measures nothing twice when the report is repeated', async () => {
    const table = underWay();
    const sns = topic();
    const measured: Measure[] = [];

    await report(done, table, sns, measured);
    const after = [table.transactions.length, measured.length];
    const again = await report(done, table, sns, measured);

    expect(again).toEqual({ outcome: 'done', because: 'x' });
    expect([table.transactions.length, measured.length]).toEqual(after);
    expect(subjects(sns)).toHaveLength(1);
  });

  it('is not undone by a topic that refuses: the row stays for the tick', async () => {
    const table = underWay();
    const broken = service({ Publish: refuse('InternalErrorException') });

    const answer = await report(done, table, broken);

    expect(answer).toMatchObject({
      outcome: 'done',
      unpublished: [expect.stringContaining('InternalErrorException')],
    });
    expect(table.value('CERTIFICATE#a')).toMatchObject({ renewedAt: iso('12:01') });
    expect(table.keys().filter((key) => key.startsWith('OUTBOX#'))).toHaveLength(1);
  });

  it('measures what clients are shown', async () => {
    const measured: Measure[] = [];

    await report(done, underWay(), topic(), measured);

    expect(measured.map(({ name }) => name)).toContain('CertificateRenewals');
  });
});

describe('a run that has failed at a node', () => {
  it('tells it, and has on record when it is tried again', async () => {
    const table = underWay();
    const sns = topic();

    const answer = await report(failed, table, sns);

    expect(answer).toMatchObject({ outcome: 'failed' });
    expect(subjects(sns)).toEqual([
      '[clinic] NOT RENEWED: certificate of node a - use https://a.example',
    ]);
    expect(table.transactions[0]?.at(-1)).toBe('put OUTBOX#2026-11-23T12:02:00.000Z#certificate-a');
    expect(table.value('CERTIFICATE#a')).toMatchObject({
      failing: { attempts: 1, notBefore: iso('12:07'), toldAt: iso('12:02') },
    });
    expect(table.value('CERTIFICATE#b')).not.toHaveProperty('failing');
  });

  it('tells what it renewed before; what it failed at is tried again, and on record', async () => {
    const table = underWay();
    const failure = { node: 'b', stage: 'request', reason: 'no', passing: true, restored: null };
    const sns = topic();

    await report(finish('failed', { renewed: { a: renewed('a') }, failure } as never), table, sns);

    expect(subjects(sns)).toEqual([expect.stringContaining('RENEWED: certificate of node a')]);
    expect(table.value('CERTIFICATE#a')).toMatchObject({ issued: { fingerprint: newOf('a') } });
    expect(table.value('CERTIFICATE#b')).toMatchObject({ failing: { reason: 'no' } });
  });
});

describe('a workflow that broke', () => {
  it('gives the lease back and blames the node at work', async () => {
    const table = underWay();
    const ours = run({ progress: { ...looked, node: 'a', stage: 'verify' } });

    const answer = await report(fail({ run: ours }), table);

    expect(answer).toMatchObject({
      outcome: 'failed',
      because: 'NotAllowed: the lease has passed',
    });
    expect(table.value('LEASE')).toMatchObject({ releasedAt: iso('12:02') });
    expect(table.value('CERTIFICATE#a')).toMatchObject({
      failing: { reason: 'NotAllowed: the lease has passed', attempts: 1 },
    });
  });

  it('is told at once where waiting does not help', async () => {
    const sns = topic();
    const failure = { Error: 'RequestRefused', Cause: '{"errorMessage":"its key is too short"}' };
    const ours = run({ progress: { ...looked, node: 'a', stage: 'sign' } });

    await report(fail({ run: ours, failure }), underWay(), sns);

    expect(mails(sns)[0]).toContain('Cause    sign: RequestRefused: its key is too short\n');
  });

  it('before it knew anything makes each node that is to run wait for its next try', async () => {
    const table = underWay();

    await report(fail({ run: run() }), table);

    for (const node of ['a', 'b']) {
      expect(table.value(`CERTIFICATE#${node}`)).toMatchObject({
        failing: { notBefore: iso('12:07') },
      });
    }
  });

  it('at its begin gives back the lease alone', async () => {
    const table = underWay();

    const answer = await report(fail(), table);

    expect(answer).toEqual({ outcome: 'failed', because: 'NotAllowed: the lease has passed' });
    expect(table.transactions).toEqual([['put LEASE']]);
  });

  it('touches nothing that belongs to another run by now', async () => {
    const table = underWay(lease({ owner: OTHER }));
    const measured: Measure[] = [];

    await report(fail({ run: run({ progress: looked }) }), table, topic(), measured);

    expect(table.transactions).toEqual([]);
    expect(measured).toEqual([]);
  });
});

describe('a run that was only to say what it would do', () => {
  it('says it, keeps what waits, and tells nobody', async () => {
    const wanted = { since: iso('11:59'), reason: 'x' };
    const table = underWay({ 'CERTIFICATE#a': record({ wanted }) });
    const sns = topic();

    const answer = await report(finish('planned', {}), table, sns);

    expect(answer).toEqual({ outcome: 'planned', because: 'x' });
    expect(sns.calls).toEqual([]);
    expect(table.value('CERTIFICATE#a')).toMatchObject({ wanted });
  });
});
