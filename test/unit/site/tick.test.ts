import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/site/tick.ts';
import { clients, context, holder, refuse, type Service, service } from '../support/clients.ts';
import { CLOSED, EXECUTION, environment, OPEN, OTHER } from '../support/power.ts';
import { certified, freeLease, type Items, lease, reached } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock();

interface World {
  readonly table: ReturnType<typeof memoryTable>;
  readonly sfn: Service;
  readonly sns: Service;
  readonly rds: Service;
}

const database = (DBInstanceStatus: string) =>
  service({ DescribeDBInstances: () => ({ DBInstances: [{ DBInstanceStatus }] }) });

/** A site with these items, a topic that works and a power workflow that can be started. */
const world = (items: Items, more: Partial<World> = {}): World => ({
  table: memoryTable(items),
  sfn: service({ ...holder('RUNNING'), StartExecution: () => ({}) }),
  sns: service({ Publish: () => ({}) }),
  rds: database('available'),
  ...more,
});

function tick(time: string, { table, ...services }: World, event: unknown = {}) {
  vi.setSystemTime(at(time));
  return create(environment(), clients({ dynamodb: table, ...services }))(event, context);
}

const asleep = { ...reached(CLOSED), ...freeLease('2026-11-22T19:06') };
const awake = { ...reached(OPEN), ...certified(), ...freeLease('07:06') };
const row = { subject: 'OPEN', text: 'OPEN', attributes: {}, committedAt: iso('07:06') };
const started = (sfn: Service) => sfn.calls.filter(({ name }) => name === 'StartExecution');
const ended = { ...holder('ABORTED', at('07:02')), StartExecution: () => ({}) };

describe('the tick', () => {
  it('touches nothing on a site that is as wished, whatever woke it', async () => {
    const quiet = world(awake);

    const verdict = await tick('12:00', quiet, 'anything');

    expect(verdict).toMatchObject({ startPower: false, quietUntil: iso('19:00') });
    expect(quiet.table.transactions).toEqual([]);
    expect([quiet.sfn.calls, quiet.sns.calls]).toEqual([[], []]);
  });

  it('starts the power workflow on a difference, and says why', async () => {
    const lost = world(asleep);

    const verdict = await tick('07:01:02', lost);

    expect(started(lost.sfn).map(({ input }) => input)).toEqual([
      {
        stateMachineArn: 'arn:aws:states:eu-west-2:111122223333:stateMachine:clinic-power',
        name: 'tick-20261123T0701',
        input: JSON.stringify({ trigger: 'tick', reason: verdict.reason }),
      },
    ]);
  });

  it('starts the certificate workflow, and not power, where a start waits for it', async () => {
    const wanted = { since: iso('11:59'), reason: 'it is self-signed' };
    const waits = world({ ...reached(OPEN), ...certified({ wanted }), ...freeLease('11:59') });

    const verdict = await tick('12:00', waits);

    expect(started(waits.sfn).map(({ input }) => input)).toEqual([
      {
        stateMachineArn: 'arn:aws:states:eu-west-2:111122223333:stateMachine:clinic-certificate',
        name: 'tick-20261123T1200',
        input: JSON.stringify({ trigger: 'tick', reason: verdict.startCertificate }),
      },
    ]);
  });

  it('leaves a planned instant to the event of its schedule at first', async () => {
    const early = world(asleep);

    await tick('07:00:44', early);

    expect(early.sfn.calls).toEqual([]);
  });

  it('takes a start that exists already for success: a tick may be doubled', async () => {
    const sfn = service({ StartExecution: refuse('ExecutionAlreadyExists') });

    const verdict = await tick('07:01:02', world(asleep, { sfn }));

    expect(verdict.startPower).toBe(true);
  });

  it('fails when the workflow cannot be started', async () => {
    const sfn = service({ StartExecution: refuse('AccessDeniedException') });

    const ticked = tick('07:01:02', world(asleep, { sfn }));

    await expect(ticked).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('publishes what the outbox still holds', async () => {
    const leftover = world({ ...awake, 'OUTBOX#x': row });

    await tick('12:00', leftover);

    expect(leftover.sns.calls).toHaveLength(1);
    expect(leftover.table.keys()).not.toContain('OUTBOX#x');
  });

  it('sweeps the lease of an owner that has ended, and keeps its fence', async () => {
    const aborted = world({ ...awake, ...lease({ owner: OTHER }) }, { sfn: service(ended) });

    await tick('07:04', aborted);

    expect(aborted.table.value('LEASE')).toEqual({
      fence: 7,
      purpose: 'power',
      releasedAt: iso('07:04'),
    });
  });

  it('leaves the lease alone while its owner runs or may have a Lambda in flight', async () => {
    const items = { ...awake, ...lease({ owner: OTHER }) };
    const running = world(items);
    const inFlight = world(items, { sfn: service(ended) });

    await tick('07:04', running);
    await tick('07:03:59', inFlight);

    expect([running.table.transactions, inFlight.table.transactions]).toEqual([[], []]);
  });

  it('reopens the intent of a database that AWS has started, and starts a run', async () => {
    const night = world(asleep);

    await tick('05:00', night);

    expect(night.table.value('INTENT#database')).toEqual({
      wish: 'stopped',
      reason: 'AWS has started the database by itself; it is to be stopped again',
      plannedFor: iso('05:00'),
      run: EXECUTION,
    });
    expect(started(night.sfn)).toHaveLength(1);
  });

  it('reopens the intent of a database stopped outside the plan, and starts a run', async () => {
    const open = world(awake, { rds: database('stopped') });

    await tick('12:00', open);

    expect(open.table.value('INTENT#database')).toEqual({
      wish: 'running',
      reason: 'the database has been stopped outside the plan; it is to run',
      plannedFor: iso('12:00'),
      run: EXECUTION,
    });
    expect(open.table.value('INTENT#a')).toHaveProperty('reachedAt');
    expect(started(open.sfn)).toHaveLength(1);
  });

  it('leaves a database alone that RDS does not know: there is none to start', async () => {
    const rds = service({ DescribeDBInstances: refuse('DBInstanceNotFoundFault') });
    const gone = world(awake, { rds });

    const verdict = await tick('12:00', gone);

    expect(verdict).toMatchObject({ reopenDatabase: undefined, startPower: false });
    expect(gone.table.transactions).toEqual([]);
  });

  it('tells once what is late when no run has', async () => {
    const stuck = world({ ...asleep, ...lease({ owner: OTHER, purpose: 'remediation' }) });

    await tick('07:17', stuck);
    await tick('07:18', stuck);

    expect(stuck.sns.calls.map(({ input }) => input)).toEqual([
      expect.objectContaining({
        Subject: '[clinic] LATE: start of Mon 23 Nov 07:00 - no address is proven to work',
        Message: expect.stringContaining(
          'Cause    no run has reached the goal; the remediation run other is at work',
        ),
      }),
    ]);
    expect(stuck.table.transactions[0]).toEqual([
      'put OUTBOX#2026-11-23T07:00:00.000Z#late',
      'put LATE',
    ]);
    expect(stuck.table.value('LATE')).toEqual({ plannedFor: iso('07:00'), toldAt: iso('07:17') });
  });

  it('keeps the notice for the next tick when it cannot be published', async () => {
    const items = { ...asleep, ...lease({ owner: OTHER }) };
    const broken = world(items, { sns: service({ Publish: refuse('InternalErrorException') }) });
    const sns = service({ Publish: () => ({}) });

    const failed = tick('07:17', broken);
    await expect(failed).rejects.toMatchObject({
      name: 'TickIncomplete',
      message: expect.stringContaining('InternalErrorException'),
    });
    await tick('07:18', { ...broken, sns });

    expect(sns.calls).toHaveLength(1);
    expect(broken.table.keys().filter((key) => key.startsWith('OUTBOX#'))).toEqual([]);
  });

  it('starts the workflow although an alert cannot be published', async () => {
    const sns = service({ Publish: refuse('InternalErrorException') });
    const broken = world({ ...asleep, 'OUTBOX#x': row }, { sns });

    await tick('07:01:02', broken).catch(() => undefined);

    expect(started(broken.sfn)).toHaveLength(1);
  });

  it('starts nothing when somebody else has written meanwhile', async () => {
    const items = { ...asleep, ...lease({ owner: OTHER }) };
    const table = memoryTable(items);
    const sfn = service({
      ...ended,
      DescribeExecution: () => {
        table.write('LEASE', { owner: 'a third', fence: 8 });
        return { status: 'ABORTED', stopDate: at('06:50') };
      },
    });

    const ticked = tick('07:01:02', world(items, { table, sfn }));

    await expect(ticked).rejects.toMatchObject({ name: 'Conflict' });
    expect(started(sfn)).toEqual([]);
  });
});
