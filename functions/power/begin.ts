import * as z from 'zod/mini';
import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { LeaseBusy } from '../shared/errors.ts';
import { lambda } from '../shared/lambda.ts';
import { judgeLease, readHolder } from '../shared/lease.ts';
import {
  commit,
  fenceFor,
  type Intent,
  put,
  RESOURCES,
  readSite,
  type SiteState,
  taken,
  type Write,
} from '../shared/operations-table.ts';
import { Plan } from './plan.ts';
import type { Run } from './run.ts';
import { plannedInstant, pursuedReason, type Wishes, wishes } from './wishes.ts';

const Input = z.object({ execution: z.string(), startedAt: z.string() });
export const Settings = z.object({ TABLE: z.string(), PLAN: Plan });

/**
 * Takes the site's lease and records the intents, in one transaction, before anything is done.
 *
 * Answers `leave` when there is nothing to do or another power run is at it, `wait` while some
 * other workflow holds the lease. Throws `LeaseBusy` after ten minutes of that.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async (input, { settings, clients }) => {
    const table = { client: clients.dynamodb, name: settings.TABLE };
    const now = new Date();
    const site = await readSite(table);
    const wish = wishes(settings.PLAN, site.override?.value, now);
    const run = newRun(input, site, wish, now);
    const holder = await readHolder(clients.sfn, site.lease.value);
    const verdict = judgeLease(site.lease.value, input.execution, holder, now);

    if (settled(site, wish))
      return { ...run, next: 'leave', because: `nothing to do: ${wish.reason}` };
    if (verdict.state === 'held') {
      if (site.lease.value.purpose === 'power' && holder.status === 'running') {
        return { ...run, next: 'leave', because: `already under way: ${verdict.reason}` };
      }
      if (secondsBetween(input.startedAt, now) >= CLOCKS.leaseWait) {
        throw new LeaseBusy(`waited 10 minutes for the lease: ${verdict.reason}`);
      }
      return { ...run, next: 'wait', because: verdict.reason };
    }
    await commit(table, [
      taken(site.lease, { execution: input.execution, purpose: 'power' }, now),
      ...intents(site, run),
    ]);
    return { ...run, next: 'act', because: run.reason };
  },
);

/** Every wish is recorded and has been seen fulfilled. */
const settled = (site: SiteState, wish: Wishes): boolean =>
  RESOURCES.every((name) => {
    const intent = site.intents[name]?.value;
    return intent?.wish === wish.of[name] && intent.reachedAt !== undefined;
  });

function newRun(
  { execution, startedAt }: z.infer<typeof Input>,
  site: SiteState,
  wish: Wishes,
  now: Date,
): Run {
  return {
    execution,
    fence: fenceFor(execution, site.lease.value),
    goal: wish.of,
    site: wish.site,
    reason: pursuedReason(site, wish),
    plannedFor: plannedInstant(site, wish, now) ?? now.toISOString(),
    // The workflow's own time-out counts from here, a wait for the lease included.
    beganAt: startedAt,
    progress: {
      phase: 'begin',
      phaseSince: now.toISOString(),
      phases: [],
      troubles: {},
      commands: {},
      drained: {},
      undrained: {},
      proofs: {},
      unproven: {},
      started: {},
      uncertified: {},
    },
    next: 'wait',
    seconds: 0,
    steps: [],
    because: '',
    seenAt: now.toISOString(),
  };
}

function intents(site: SiteState, run: Run): Write[] {
  return RESOURCES.map((name) => {
    const stored = site.intents[name];
    const intent: Intent = {
      wish: run.goal[name],
      reason: run.reason,
      plannedFor: run.plannedFor,
      run: run.execution,
    };
    return put(stored ?? `INTENT#${name}`, intent);
  });
}
