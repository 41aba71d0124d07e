import { describe, expect, it } from 'vitest';
import type { Step } from '../../../functions/power/run.ts';
import { act, nodeStep, obedient, ready, START_BOTH } from '../support/act.ts';
import { refuse, service } from '../support/clients.ts';
import { closingRun, NIGHT, proof, sent } from '../support/power.ts';
import { iso, stillClock } from '../support/time.ts';

stillClock('07:01');

describe('acting', () => {
  it('makes each call that the last look asked for, and no other', async () => {
    const services = obedient();
    const ours = ready({ steps: [{ kind: 'start-database' }, ...START_BOTH] });

    const done = await act(ours, services);

    expect(services.rds.calls).toEqual([
      { name: 'StartDBInstance', input: { DBInstanceIdentifier: 'clinic-database' } },
    ]);
    expect(services.ec2.calls).toEqual([
      { name: 'StartInstances', input: { InstanceIds: ['i-a'] } },
      { name: 'StartInstances', input: { InstanceIds: ['i-b'] } },
    ]);
    expect(services.ssm.calls).toEqual([]);
    expect(done.steps).toEqual([]);
  });

  it('stops nodes and database when that is the goal', async () => {
    const services = obedient();
    const steps: Step[] = [nodeStep('stop-node', 'a'), { kind: 'stop-database' }];

    await act(closingRun({ steps, seenAt: iso('07:00:50') }), services);

    expect(services.ec2.calls).toEqual([
      { name: 'StopInstances', input: { InstanceIds: ['i-a'] } },
    ]);
    expect(services.rds.calls).toEqual([
      { name: 'StopDBInstance', input: { DBInstanceIdentifier: 'clinic-database' } },
    ]);
  });

  it('sends each document to its host and remembers the command', async () => {
    const services = obedient();
    const proofs = { a: proof('a', '07:00:50') };
    const steps = [nodeStep('drain', 'b'), nodeStep('probe', 'a')];

    const { progress } = await act(ready({ goal: NIGHT, steps, progress: { proofs } }), services);

    expect(services.ssm.calls.map(({ input }) => input)).toEqual([
      { DocumentName: 'clinic-drain', InstanceIds: ['i-b'], TimeoutSeconds: 30 },
      { DocumentName: 'clinic-probe', InstanceIds: ['i-a'], TimeoutSeconds: 30 },
    ]);
    expect(progress.commands).toEqual({
      a: { kind: 'probe', id: 'c-9', sentAt: iso('07:01') },
      b: { kind: 'drain', id: 'c-9', sentAt: iso('07:01') },
    });
  });

  it('sends the document that has clients taken again, also to a node that is to stop', async () => {
    const services = obedient();
    const steps = [nodeStep('undrain', 'a'), nodeStep('undrain', 'b')];

    const { progress } = await act(ready({ goal: NIGHT, steps }), services);

    expect(services.ssm.calls.map(({ input }) => input)).toEqual([
      { DocumentName: 'clinic-undrain', InstanceIds: ['i-a'], TimeoutSeconds: 30 },
      { DocumentName: 'clinic-undrain', InstanceIds: ['i-b'], TimeoutSeconds: 30 },
    ]);
    expect(progress.commands).toEqual({
      a: { ...sent('undrain', '07:01'), id: 'c-9' },
      b: { ...sent('undrain', '07:01'), id: 'c-9' },
    });
  });

  it('looks again soon: at most 15 seconds later, sooner if the look said so', async () => {
    const pauses = await Promise.all(
      [60, 10].map((seconds) => act(ready({ seconds, steps: START_BOTH }))),
    );

    expect(pauses.map(({ seconds }) => seconds)).toEqual([15, 10]);
  });
});

describe('a call that AWS refuses for now', () => {
  const full = () => ({
    ec2: service({
      StartInstances: ({ InstanceIds: [id] }: { InstanceIds: string[] }) =>
        id === 'i-a' ? refuse('InsufficientInstanceCapacity', 'no capacity in eu-west-2a')() : {},
    }),
  });

  it('is noted in the words of AWS, and the others go on', async () => {
    const services = full();

    const { progress } = await act(ready({ steps: START_BOTH }), services);

    expect(services.ec2.calls).toHaveLength(2);
    expect(progress.troubles).toEqual({
      a: {
        attempts: 1,
        notBefore: iso('07:01:30'),
        text: 'InsufficientInstanceCapacity: no capacity in eu-west-2a',
      },
    });
  });

  it('is tried again after a pause that doubles, up to four minutes', async () => {
    let ours = ready({ steps: START_BOTH });
    const pauses: string[] = [];

    for (let attempt = 0; attempt < 5; attempt++) {
      const { progress } = await act(ours, full());
      pauses.push(progress.troubles.a?.notBefore ?? '');
      ours = ready({ steps: START_BOTH, progress });
    }

    expect(pauses).toEqual(['07:01:30', '07:02', '07:03', '07:05', '07:05'].map(iso));
  });

  it('is forgotten when it succeeds', async () => {
    const trouble = { attempts: 2, notBefore: iso('07:00'), text: 'InternalError: sorry' };
    const progress = { troubles: { a: trouble, b: trouble } };

    const done = await act(ready({ steps: [nodeStep('start-node', 'a')], progress }));

    expect(done.progress.troubles).toEqual({ b: trouble });
    // Not quite: the instance may fall back yet, and then this was one more try.
    expect(done.progress.started).toEqual({
      a: { at: expect.any(String), attempts: 2, text: trouble.text },
    });
  });

  it.each([
    'InsufficientInstanceCapacity',
    'IncorrectInstanceState',
    'RequestLimitExceeded',
    'InternalError',
    'InternalFailure',
    'ServiceUnavailable',
    'Unavailable',
  ])('by EC2 is one named %s', async (name) => {
    const ec2 = service({ StartInstances: refuse(name) });

    const { progress } = await act(ready({ steps: START_BOTH }), { ec2 });

    expect(Object.keys(progress.troubles)).toEqual(['a', 'b']);
  });

  it.each([
    ['rds', 'InvalidDBInstanceStateFault', { kind: 'start-database' }, 'database'],
    ['rds', 'InsufficientDBInstanceCapacityFault', { kind: 'start-database' }, 'database'],
    ['rds', 'InternalFailure', { kind: 'start-database' }, 'database'],
    ['rds', 'ServiceUnavailable', { kind: 'start-database' }, 'database'],
    ['rds', 'Throttling', { kind: 'start-database' }, 'database'],
    ['ssm', 'InvalidInstanceId', nodeStep('probe', 'b'), 'b'],
    ['ssm', 'InternalServerError', nodeStep('probe', 'b'), 'b'],
    ['ssm', 'InternalServerError', nodeStep('undrain', 'b'), 'b'],
    ['ssm', 'ThrottlingException', nodeStep('probe', 'b'), 'b'],
  ] as const)('by %s is one named %s', async (name, error, step, resource) => {
    const refusing = service({ StartDBInstance: refuse(error), SendCommand: refuse(error) });

    const { progress } = await act(ready({ steps: [step] }), { [name]: refusing });

    expect(progress.troubles).toHaveProperty(resource);
    expect(progress.commands).toEqual({});
  });
});

describe('a call that AWS refuses for good', () => {
  it('is noted with the longest pause, in AWS’s words, and holds up no other', async () => {
    const refusal = Object.assign(new Error('not yours'), {
      name: 'UnauthorizedOperation',
      $fault: 'client',
    });
    const ec2 = service({
      StartInstances: ({ InstanceIds }: { InstanceIds: string[] }) => {
        if (InstanceIds[0] === 'i-a') throw refusal;
        return {};
      },
    });

    const { progress } = await act(ready({ steps: START_BOTH }), { ec2 });

    expect(progress.troubles).toEqual({
      a: {
        attempts: 4,
        notBefore: new Date(Date.now() + 240_000).toISOString(),
        text: 'UnauthorizedOperation: not yours',
      },
    });
    expect(Object.keys(progress.started)).toEqual(['b']);
  });
});

describe('a call that fails in a way nobody expected', () => {
  it('ends the run with that very error, and the calls after it are not made', async () => {
    const services = { ec2: service({ StartInstances: refuse('UnauthorizedOperation') }) };

    const acted = act(ready({ steps: START_BOTH }), services);

    await expect(acted).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    expect(services.ec2.calls).toHaveLength(1);
  });
});
