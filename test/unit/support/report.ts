import { vi } from 'vitest';
import { create } from '../../../functions/power/report.ts';
import { clients, context, refuse, service } from './clients.ts';
import { EXECUTION, environment, proof, run } from './power.ts';
import { type Items, intents, lease } from './site.ts';
import { memoryTable } from './table.ts';
import { at, iso } from './time.ts';

type Table = ReturnType<typeof memoryTable>;
export const topic = () => service({ Publish: () => ({}) });
export const brokenTopic = () => service({ Publish: refuse('InternalErrorException') });

/** The table of a run under way. */
export const underWay = (more: Items = {}): Table =>
  memoryTable({ ...intents(), ...lease(), ...more });

/** Reports at a time; a broken topic leaves the message in the outbox. */
export function report(time: string, event: object, table: Table, sns = topic()) {
  vi.setSystemTime(at(time));
  return create(environment(), clients({ dynamodb: table, sns }))(event, context);
}

export const subjects = (sns: ReturnType<typeof topic>) =>
  sns.calls.map(({ input }) => (input as { Subject: string }).Subject);

/** What the subscribers by e-mail get. */
export const mails = (sns: ReturnType<typeof topic>): string[] =>
  sns.calls.map(({ input }) => JSON.parse((input as { Message: string }).Message).email);

const failure = { Error: 'NotAllowed', Cause: '{"errorMessage":"the lease has passed"}' };
export const fail = (state: object = { run: run() }) => ({
  task: 'fail',
  execution: EXECUTION,
  startedAt: iso('09:00'),
  state: { failure, ...state },
});
export const told = { LATE: { plannedFor: iso('07:00'), toldAt: iso('07:15') } };
export const opened = run({
  outcome: 'done',
  progress: { proofs: { a: proof('a', '07:06:20'), b: proof('b', '07:06:20') } },
});
