import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { CLOCKS, secondsBetween } from './clocks.ts';
import type { Lease } from './operations-table.ts';

/** What Step Functions says of the execution that holds the lease. */
export type Holder =
  | { readonly status: 'running' }
  | { readonly status: 'ended'; readonly endedAt: Date }
  | { readonly status: 'unknown' };

export type LeaseVerdict =
  | { readonly state: 'mine'; readonly reason: string }
  | { readonly state: 'free'; readonly reason: string }
  | { readonly state: 'held'; readonly reason: string };

/**
 * Whether `me` may take the lease now.
 *
 * A running owner's lease is never taken. One that Step Functions does not know may still be
 * starting, so "does not exist" is not "ended" before the longest time-out has passed: its state
 * machine may have been deleted under it. One that ended is closed until any Lambda it
 * left in flight must have ended too.
 */
export function judgeLease(lease: Lease, me: string, holder: Holder, now: Date): LeaseVerdict {
  if (!lease.owner) return { state: 'free', reason: 'the lease is free' };
  const who = `the ${lease.purpose} run ${shortName(lease.owner)}`;
  if (lease.owner === me) return { state: 'mine', reason: 'this run holds the lease' };
  if (holder.status === 'running') return { state: 'held', reason: `${who} is at work` };
  if (holder.status === 'unknown') {
    const age = secondsBetween(lease.takenAt ?? now, now);
    return age < CLOCKS.longestWorkflow + CLOCKS.longestLambda
      ? { state: 'held', reason: `Step Functions does not know ${who}` }
      : { state: 'free', reason: `${who} can no longer be running` };
  }
  const seconds = secondsBetween(holder.endedAt, now);
  return seconds < CLOCKS.longestLambda
    ? {
        state: 'held',
        reason: `${who} ended ${Math.round(seconds)} s ago; a Lambda of it may be in flight`,
      }
    : { state: 'free', reason: `${who} ended ${Math.round(seconds)} s ago without releasing it` };
}

/** Asks Step Functions about the lease's owner; a free lease has nobody to ask about. */
export async function readHolder(sfn: Pick<SFNClient, 'send'>, lease: Lease): Promise<Holder> {
  if (!lease.owner) return { status: 'unknown' };
  try {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn: lease.owner }));
    if (found.status === 'RUNNING' || !found.stopDate) return { status: 'running' };
    return { status: 'ended', endedAt: found.stopDate };
  } catch (error) {
    if (error instanceof Error && error.name === 'ExecutionDoesNotExist') {
      return { status: 'unknown' };
    }
    throw error;
  }
}

/** The last part of an execution's ARN: what the console and our messages show. */
export const shortName = (executionArn: string): string =>
  executionArn.slice(executionArn.lastIndexOf(':') + 1);
