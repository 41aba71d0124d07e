import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { outside } from '../../../cli/certificate/outside.ts';
import { type RenewOptions, runRenew } from '../../../cli/certificate/renew.ts';
import { CLINIC } from '../../support/clinic.ts';
import {
  type CertificateAccount,
  certificateAccount,
  type Look,
} from '../support/certificate-account.ts';
import { awsError } from '../support/clients.ts';
import { at } from '../support/time.ts';

const config = path.join(mkdtempSync(path.join(tmpdir(), 'orthweb-renew-')), 'site.ts');
writeFileSync(config, `export default ${JSON.stringify(CLINIC)};`);

async function renew(account: CertificateAccount = {}, options: Omit<RenewOptions, 'config'> = {}) {
  const outside = certificateAccount(account);
  const code = await runRenew({ config, ...options }, outside.connect);
  return { ...outside, code, text: outside.printed.join(' ').replace(/\s+/g, ' ') };
}

/** A run that is over. */
const over = (run: unknown, more: Look = {}): Look => ({
  status: 'SUCCEEDED',
  output: JSON.stringify({ run, report: {} }),
  ...more,
});

const entered = (id: number, time: string, name: string, input: unknown): HistoryEvent => ({
  id,
  timestamp: at(time),
  type: 'TaskStateEntered',
  stateEnteredEventDetails: { name, input: JSON.stringify(input) },
});

/** Of a run that Step Functions has started, and does not show yet. */
const unseen = awsError('ExecutionDoesNotExist', 'Execution Does Not Exist');

it.each<[string, Omit<RenewOptions, 'config'>, object]>([
  ['both nodes', {}, { nodes: ['a', 'b'], force: false, dryRun: false }],
  ['one node', { node: 'b' }, { nodes: ['b'], force: false, dryRun: false }],
  [
    'what is not due',
    { force: true, dryRun: true },
    { nodes: ['a', 'b'], force: true, dryRun: true },
  ],
])('starts a run of a person for %s', async (_what, options, wanted) => {
  const { started, regions } = await renew({ looks: [over({ outcome: 'done' })] }, options);
  const [{ input: call } = { input: {} }] = started;
  const { stateMachineArn, name, input } = call as Record<string, string>;

  expect(stateMachineArn).toBe(
    'arn:aws:states:ca-central-1:111122223333:stateMachine:clinic-certificate',
  );
  expect(name).toBe('person-20261123T200000000Z');
  expect(JSON.parse(input ?? '')).toEqual({ trigger: 'person', ...wanted });
  expect(regions).toEqual(['ca-central-1']);
});

it('prints each turn of the run once, by the clock of the site, and how it ended', async () => {
  const asked = entered(2, '20:00:01', 'Look At Nodes', {
    run: { because: 'nothing is known yet' },
  });
  const again = entered(9, '20:00:06', 'Look At Nodes', {
    run: { because: 'node a makes its key' },
  });
  const waits = entered(7, '20:00:03', 'Wait', { run: { because: 'node a makes its key' } });
  const signs = entered(12, '20:00:09', 'Sign', { run: { because: 'node a has made its key' } });
  const plain = entered(14, '20:00:10', 'Release Lease', 'no run at all');
  const { code, printed, pauses } = await renew({
    looks: [
      { refusal: unseen },
      { events: [asked] },
      { events: [again, waits, asked] },
      { events: [signs, again, waits, asked] },
      over(
        { outcome: 'done', because: 'both nodes show their new certificates' },
        { events: [plain, signs, again, waits, asked] },
      ),
    ],
  });

  expect(printed).toEqual([
    'The run person-20261123T200000000Z of clinic-certificate has begun. Ctrl-C leaves it going.',
    '15:00:01  Look At Nodes         nothing is known yet',
    '15:00:03  Wait                  node a makes its key',
    '15:00:09  Sign                  node a has made its key',
    '15:00:10  Release Lease',
    'Done: both nodes show their new certificates',
  ]);
  expect(pauses).toEqual([3, 3, 3, 3]);
  expect(code).toBe(0);
});

it.each<[string, Look, string, number]>([
  [
    'has only planned',
    over({
      outcome: 'planned',
      because: 'a dry run changes nothing',
      progress: { plan: { a: { due: true, reason: '12 days are left' }, b: { due: false } } },
    }),
    'Planned, nothing was changed: a dry run changes nothing node a: would be renewed: 12 days are left',
    0,
  ],
  [
    'is put off',
    over({ outcome: 'deferred', because: 'node a is stopped' }),
    'Deferred, nothing was changed for now: node a is stopped',
    1,
  ],
  [
    'leaves before it looks',
    over({ next: 'leave', because: 'no node is meant to run now' }),
    'Deferred, nothing was changed for now: no node is meant to run now',
    1,
  ],
  [
    'fails',
    { status: 'FAILED', error: 'NeedsAPerson', cause: 'See docs/runbook.md#certificate-failed' },
    'The run is FAILED: NeedsAPerson: See docs/runbook.md#certificate-failed',
    1,
  ],
  ['takes too long', { status: 'TIMED_OUT' }, 'The run is TIMED_OUT', 1],
  ['is stopped by somebody', { status: 'ABORTED' }, 'The run is ABORTED', 1],
  ['succeeds with an output that is none', over({}, { output: '{' }), 'The run has succeeded.', 0],
  ['succeeds with an outcome of later', over({ outcome: 'toString' }), 'The run has succeeded.', 0],
])('ends as a run does that %s', async (_what, look, says, ends) => {
  const { code, text } = await renew({ looks: [look] });

  expect(text).toMatch(/ Ctrl-C leaves it going\. /);
  expect(text.split(' leaves it going. ')[1]).toBe(says);
  expect(code).toBe(ends);
});

it('says what broke the workflow, in the words of the error', async () => {
  const Cause = JSON.stringify({ errorMessage: 'KMS does not let us sign' });
  const failure = { Error: 'AuthorityUnavailable', Cause };
  const events = [entered(20, '20:01', 'Report Failure', { run: { because: 'old' }, failure })];
  const { printed } = await renew({ looks: [{ status: 'FAILED', events }] });

  expect(printed[1]).toBe(
    '15:01:00  Report Failure        AuthorityUnavailable: KMS does not let us sign',
  );
});

it('leaves the run going when the person leaves, and says which one', async () => {
  const { code, text, started } = await renew({ leavesAt: 2 });

  expect(text).toMatch(
    /The run person-20261123T200000000Z goes on\. How it ended is said by npm run orthweb -- certificate status\.$/,
  );
  expect(started.map(({ name }) => name)).not.toContain('StopExecution');
  expect(code).toBe(130);
});

it('heeds Ctrl-C at once on a real terminal, and a second time as ever', async () => {
  const real = outside('ca-central-1');
  const before = process.listenerCount('SIGINT');
  const left = real.leaving();
  const pause = real.pause(3600, left);
  process.emit('SIGINT');

  await pause;
  expect(left.aborted).toBe(true);
  expect(process.listenerCount('SIGINT')).toBe(before);
});

it('tells the end of a run that ends as the person leaves', async () => {
  const { code } = await renew({ leavesAt: 0, looks: [over({ outcome: 'done' })] });

  expect(code).toBe(0);
});

it('gives up on a run that Step Functions does not know half a minute after it began', async () => {
  const looks = Array.from({ length: 50 }, () => ({ refusal: unseen }));

  await expect(renew({ looks })).rejects.toThrow(
    /^AWS no longer says how the renewal goes, which goes on by itself \(ExecutionDoesNotExist/,
  );
});

it('is a sentence for the user when AWS says no more of the run', async () => {
  const refusal = awsError('AccessDeniedException', 'not authorized');

  await expect(renew({ looks: [{}, { refusal }, over({ outcome: 'done' })] })).rejects.toThrow(
    /goes on by itself \(AccessDenied.*see how it ended by npm run orthweb -- certificate status\.$/,
  );
});

it('prints no line of more than 100 columns', async () => {
  const because = 'node a: the host answered that it cannot '.repeat(9);
  const look = over(
    { outcome: 'failed', because },
    { events: [entered(2, '20:00', 'Look', { run: { because } })] },
  );
  const { printed } = await renew({ looks: [look], leavesAt: 1 });

  expect(printed.filter((line) => line.length > 100)).toEqual([]);
});

it.each<[string, CertificateAccount, RegExp]>([
  ['no stack', { stack: false }, /^There is no stack clinic in ca-central-1/],
  [
    'no workflow',
    { refusalOfStart: awsError('StateMachineDoesNotExist', 'State Machine Does Not Exist') },
    /^There is no workflow clinic-certificate in ca-central-1: .* Run npm run deploy\.$/,
  ],
  [
    'no right to start it',
    { refusalOfStart: awsError('AccessDeniedException', 'not authorized') },
    /^AWS does not start the renewal \(AccessDeniedException: not authorized\)\. Mend that, and try/,
  ],
  [
    'no login',
    { refusal: awsError('ExpiredTokenException', 'expired') },
    /^AWS does not take your credentials \(Expired.*\)\. Log in again, and try again\.$/,
  ],
])('is a sentence for the user where there is %s', async (_what, account, sentence) => {
  await expect(renew(account)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(sentence),
  });
});
