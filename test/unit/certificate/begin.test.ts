import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/certificate/begin.ts';
import type { Run } from '../../../functions/certificate/run.ts';
import { DEVICES_CA, SECOND_CA } from '../../support/certificates.ts';
import { EXECUTION, environment, OTHER, progress, run as runOf } from '../support/certificate.ts';
import { clients, context, holder, refuse, service } from '../support/clients.ts';
import { CLOSED, NIGHT } from '../support/power.ts';
import { freeLease, type Items, lease, reached } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock();

interface Begun {
  readonly state?: unknown;
  readonly sfn?: ReturnType<typeof service>;
  readonly ssm?: ReturnType<typeof service>;
  readonly settings?: object;
}

const published = (Value: string | undefined) =>
  service({ GetParameter: () => ({ Parameter: { Value } }) });

/** Begins the run at a time, on a table with these items. */
async function begin(time: string, table: ReturnType<typeof memoryTable>, more: Begun = {}) {
  vi.setSystemTime(at(time));
  const { state = { trigger: 'daily' }, sfn = service(), settings } = more;
  const { ssm = published(DEVICES_CA) } = more;
  const handler = create(environment(settings), clients({ dynamodb: table, sfn, ssm }));
  const event = { execution: EXECUTION, startedAt: iso('12:00:02'), state };
  return (await handler(event, context)) as Run;
}

const awake = (more: Items = {}) => memoryTable({ ...reached(), ...freeLease('07:06'), ...more });
const heldBy = (purpose: string): Items => lease({ owner: OTHER, purpose, fence: 6 });

describe('the begin of a run', () => {
  it('takes the lease', async () => {
    const table = awake();

    await begin('12:00:10', table);

    expect(table.transactions).toEqual([['put LEASE']]);
    expect(table.value('LEASE')).toEqual({
      owner: EXECUTION,
      purpose: 'certificate',
      fence: 7,
      takenAt: iso('12:00:10'),
    });
  });

  it('sets out with what is asked, by default for both nodes, and knowing nothing', async () => {
    const run = await begin('12:00:10', awake());

    expect(run).toEqual({
      execution: EXECUTION,
      fence: 7,
      wanted: { trigger: 'daily', nodes: ['a', 'b'], force: false, dryRun: false },
      authorities: [
        {
          number: 1,
          fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
          notAfter: expect.stringMatching(/^2126-.*Z$/),
          pem: DEVICES_CA,
        },
      ],
      // The workflow's own time-out counts from there.
      beganAt: iso('12:00:02'),
      progress: progress(),
      next: 'look',
      seconds: 0,
      steps: [],
      targets: [],
      because: 'daily: certificates are looked at',
      seenAt: iso('12:00:10'),
    });
  });

  it('does what a person asks', async () => {
    const state = { nodes: ['b'], force: true, dryRun: true };

    const run = await begin('12:00:10', awake(), { state });

    expect(run.wanted).toEqual({ trigger: 'person', ...state });
  });

  it('reads the authorities under their parameter, in the order of their numbers', async () => {
    const ssm = published(`${SECOND_CA}${DEVICES_CA}`);

    const run = await begin('12:00:10', awake(), { ssm, settings: { AUTHORITIES: '[2,1]' } });

    expect(ssm.calls).toEqual([{ name: 'GetParameter', input: { Name: '/orthweb/clinic/ca' } }]);
    expect(run.authorities.map(({ number, pem }) => [number, pem])).toEqual([
      [2, SECOND_CA],
      [1, DEVICES_CA],
    ]);
  });

  it.each([
    ['fewer than the configuration has', DEVICES_CA, '[1,2]'],
    ['more', `${DEVICES_CA}${SECOND_CA}`, '[1]'],
    ['none', undefined, '[1]'],
  ])('fails where the parameter holds %s, and has had its turn', async (_, text, AUTHORITIES) => {
    const table = awake();
    const ssm = published(text);

    const begun = begin('12:00:10', table, { ssm, settings: { AUTHORITIES } });

    await expect(begun).rejects.toMatchObject({
      name: 'InvalidSettings',
      message: expect.stringMatching(/deploy the site again$/),
    });
    expect(table.value('LEASE')).toMatchObject({ owner: EXECUTION });
  });

  it('is harmless when the same execution does it twice', async () => {
    const table = awake();

    const first = await begin('12:00:10', table);
    const again = await begin('12:00:40', table, { sfn: service(holder('RUNNING')) });

    expect(again).toMatchObject({ next: 'look', fence: first.fence });
    expect(table.value('LEASE')).toMatchObject({ owner: EXECUTION, fence: 7 });
  });

  it('writes nothing when somebody is faster, and says so', async () => {
    const table = awake(heldBy('power'));
    const sfn = service({
      DescribeExecution: () => {
        table.write('LEASE', { owner: 'a third', fence: 7 });
        return { status: 'ABORTED', stopDate: at('11:50') };
      },
    });

    await expect(begin('12:00:10', table, { sfn })).rejects.toMatchObject({ name: 'Conflict' });
    expect(table.value('LEASE')).toEqual({ owner: 'a third', fence: 7 });
  });

  it('takes a lease whose owner ended without giving it back', async () => {
    const sfn = service(holder('ABORTED', at('11:57')));

    const run = await begin('12:00:10', awake(heldBy('power')), { sfn });

    expect(run).toMatchObject({ next: 'look', fence: 7 });
  });
});

describe('a run that has nothing to look at', () => {
  it.each([
    ['no node is meant to run', reached(CLOSED), { trigger: 'daily' }],
    ['the node that is asked for is stopped by plan', reached(NIGHT), { nodes: ['b'] }],
    ['nothing was ever planned', { 'INTENT#a': {}, 'INTENT#b': {} }, {}],
  ])('leaves, without the lease, where %s', async (_, items, state) => {
    const table = awake(items);

    const run = await begin('12:00:10', table, { state });

    expect(run).toMatchObject({ next: 'leave', because: 'no node is meant to run now' });
    expect(table.transactions).toEqual([]);
  });

  const failing = {
    since: iso('11:50'),
    attempts: 1,
    notBefore: iso('12:05'),
    reason: 'x',
  };
  const resting = { 'CERTIFICATE#a': { published: {}, failing } };

  it('gives the peer its turn while one that has just failed rests', async () => {
    const tick = await begin('12:00:10', awake(resting), { state: { trigger: 'tick' } });
    const later = await begin('12:05', awake(resting), { state: { trigger: 'tick' } });

    expect([tick.wanted.nodes, later.wanted.nodes]).toEqual([['b'], ['a', 'b']]);
  });

  it('leaves a node that rests alone, unless a person asks for it', async () => {
    const both = { ...resting, 'CERTIFICATE#b': { published: {}, failing } };

    const daily = await begin('12:00:10', awake(both), { state: { trigger: 'daily' } });
    const person = await begin('12:00:10', awake(both), { state: { nodes: ['a'] } });

    expect(daily).toMatchObject({
      next: 'leave',
      because: 'a renewal that failed rests until its next try',
    });
    expect(person).toMatchObject({ next: 'look', wanted: { nodes: ['a'] } });
  });

  it('looks all the same where one of two runs', async () => {
    const run = await begin('12:00:10', awake(reached(NIGHT)));

    expect(run.next).toBe('look');
  });
});

describe('a lease that is held', () => {
  const busy = { sfn: service(holder('RUNNING')) };

  it('is waited for while another workflow has it, for ten minutes from the start', async () => {
    const table = awake(heldBy('power'));

    const early = await begin('12:10:01', table, busy);
    const late = await begin('12:10:02', table, busy);

    expect(early).toMatchObject({ next: 'wait', because: 'the power run other is at work' });
    expect(late.next).toBe('leave');
    expect(table.transactions).toEqual([]);
  });

  it('makes a second run of this workflow leave at once', async () => {
    const run = await begin('12:00:10', awake(heldBy('certificate')), busy);

    expect(run).toMatchObject({ next: 'leave', because: 'the certificate run other is at work' });
  });

  it('is waited for after a run of this workflow that has ended', async () => {
    const sfn = service(holder('ABORTED', at('11:59')));

    const run = await begin('12:00:10', awake(heldBy('certificate')), { sfn });

    expect(run.next).toBe('wait');
  });

  it('does not make the run forget what it was asked', async () => {
    const state = { run: runOf({ next: 'wait', wanted: { force: true, nodes: ['b'] } }) };

    const run = await begin('12:01', awake(), { state });

    expect(run.wanted).toEqual({ trigger: 'daily', nodes: ['b'], force: true, dryRun: false });
    expect(run).toMatchObject({ next: 'look', beganAt: iso('12:00:02') });
  });

  it('is left alone where Step Functions cannot be asked about it', async () => {
    const table = awake(heldBy('power'));
    const sfn = service({ DescribeExecution: refuse('ThrottlingException') });

    await expect(begin('12:00:10', table, { sfn })).rejects.toThrow('ThrottlingException');
    expect(table.transactions).toEqual([]);
  });
});

describe('an input that is not one of ours', () => {
  it.each([
    ['no node at all', { nodes: [] }, /^input: nodes: /],
    ['a node that there is not', { nodes: ['c'] }, /^input: nodes\.0: /],
    ['a word where yes or no is asked', { force: 'yes' }, /^input: force: /],
    ['a key that we do not know', { dryrun: true }, /^input: dryrun: /],
    ['no object', 'force', /^input: \(whole\): /],
  ])('is refused, with the field and how to write it: %s', async (_, state, message) => {
    const table = awake();

    await expect(begin('12:00:10', table, { state })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(message),
    });
    await expect(begin('12:00:10', table, { state })).rejects.toThrow(
      'Write { "nodes": ["a"], "force": true, "dryRun": true }, each of them optional.',
    );
    expect(table.transactions).toEqual([]);
  });
});
