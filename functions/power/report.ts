import * as z from 'zod/mini';
import { type Alert, headlineOf, outboxRow, publish } from '../shared/alerts.ts';
import { lambda } from '../shared/lambda.ts';
import {
  commit,
  NODES,
  put,
  RESOURCES,
  readSite,
  released,
  type SiteState,
  type Write,
} from '../shared/operations-table.ts';
import { CaughtError, failureIn } from '../shared/workflow-failure.ts';
import { arrivedAlert, circumstances, lateAlert } from './message.ts';
import { Plan } from './plan.ts';
import { Run } from './run.ts';

const Input = z.union([
  z.object({ task: z.enum(['tell', 'finish']), run: Run }),
  z.object({
    task: z.literal('fail'),
    execution: z.string(),
    startedAt: z.string(),
    /** The workflow's state when it failed; before the lease was taken there is no run in it. */
    state: z.object({ run: z.optional(Run), failure: CaughtError }),
  }),
]);
export const Settings = z.object({
  SITE: z.string(),
  TABLE: z.string(),
  TOPIC: z.string(),
  PLAN: Plan,
});

/**
 * Writes down how the run stands, tells the operator, and gives the lease back at its end: one
 * transaction, then the publication of whatever is in the outbox. What cannot be published now
 * does not undo the run: the site tick publishes it.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async (input, { settings, clients }) => {
    const table = { client: clients.dynamodb, name: settings.TABLE };
    const now = new Date();
    const site = await readSite(table);
    const began = input.task === 'fail' ? new Date(input.startedAt) : now;
    const about = circumstances(settings.PLAN, site, now, runOf(input), began);
    const owner = site.lease.value.owner;

    let outcome: string = input.task;
    let alert: Alert | undefined;
    let writes: Write[] = [];
    if (input.task === 'tell') {
      if (!about.lateToldAt) alert = lateAlert(about, input.run.because);
    } else if (input.task === 'fail') {
      writes = owner === input.execution ? [released(site.lease, now)] : [];
      const late = !about.lateToldAt && !hasReached(site, input.state.run);
      if (late) alert = lateAlert(about, failureIn(input.state.failure).reason);
    } else {
      outcome = input.run.outcome ?? 'unfinished';
      // A retry finds the lease given back: everything has been written.
      if (owner === input.run.execution) {
        writes = [
          released(site.lease, now),
          ...(outcome === 'done' ? reached(site, input.run, now) : []),
          ...(outcome === 'certificate' ? wanted(site, input.run, now) : []),
        ];
        if (outcome === 'done') alert = arrivedAlert(about, input.run);
        if (outcome === 'unfinished' && !about.lateToldAt) {
          alert = lateAlert(about, input.run.because);
        }
      }
    }
    if (alert) writes.push(outboxRow(settings.SITE, alert, now));
    if (alert?.kind === 'LATE') {
      writes.push(put(site.late, { plannedFor: about.plannedFor, toldAt: now.toISOString() }));
    }
    if (writes.length > 0) await commit(table, writes);
    const { outbox } = await readSite(table);
    const unpublished = await publish(clients.sns, table, settings.TOPIC, outbox);
    return {
      outcome,
      ...(alert && { told: headlineOf(alert) }),
      ...(unpublished.length > 0 && { unpublished }),
    };
  },
);

const runOf = (input: z.infer<typeof Input>): Run | undefined =>
  input.task === 'fail' ? input.state.run : input.run;

const reached = (site: SiteState, run: Run, now: Date): Write[] =>
  RESOURCES.flatMap((name) => {
    const stored = site.intents[name];
    if (!stored || stored.value.run !== run.execution) return [];
    return [put(stored, { ...stored.value, reachedAt: now.toISOString() })];
  });

/** What the certificate workflow is asked for; the site tick starts it as soon as this run ends. */
const wanted = (site: SiteState, run: Run, now: Date): Write[] =>
  NODES.flatMap((node) => {
    const lacking = run.progress.uncertified[node];
    if (!lacking) return [];
    const stored = site.certificates[node];
    const record = {
      ...(stored?.value ?? { published: {} }),
      wanted: { since: now.toISOString(), reason: lacking.reason },
    };
    return [put(stored ?? `CERTIFICATE#${node}`, record)];
  });

/** The run has written its success down: what failed after that is not the planned change. */
const hasReached = (site: SiteState, run: Run | undefined): boolean =>
  run !== undefined &&
  RESOURCES.every((name) => {
    const intent = site.intents[name]?.value;
    return intent?.run === run.execution && intent.reachedAt !== undefined;
  });
