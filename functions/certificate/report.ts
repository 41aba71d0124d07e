import * as z from 'zod/mini';
import { type Alert, headlineOf, outboxRow, publish } from '../shared/alerts.ts';
import { lambda } from '../shared/lambda.ts';
import {
  commit,
  NODES,
  type NodeName,
  put,
  readSite,
  released,
  type SiteState,
  type Write,
} from '../shared/operations-table.ts';
import { CaughtError, failureIn } from '../shared/workflow-failure.ts';
import { measuresOf } from './measure.ts';
import { failingAlert, renewedAlert } from './message.ts';
import { afterwards } from './record.ts';
import { Run } from './run.ts';

const Input = z.union([
  z.object({ task: z.literal('finish'), run: Run }),
  z.object({
    task: z.literal('fail'),
    execution: z.string(),
    /** The workflow's state when it failed; before the lease was taken there is no run in it. */
    state: z.object({ run: z.optional(Run), failure: CaughtError }),
  }),
]);
export const Settings = z.object({
  SITE: z.string(),
  TABLE: z.string(),
  TOPIC: z.string(),
  TIME_ZONE: z.string(),
});

/**
 * Writes down what the run has seen and done, tells the operator, and gives the lease back: one
 * transaction, then the publication of whatever is in the outbox. What cannot be published now does
 * not undo the run: the site tick publishes it.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async (input, { settings, clients }) => {
    const table = { client: clients.dynamodb, name: settings.TABLE };
    const now = new Date();
    const run = input.task === 'finish' ? input.run : input.state.run;
    const execution = input.task === 'finish' ? input.run.execution : input.execution;
    const failure = input.task === 'fail' ? failureIn(input.state.failure) : undefined;
    const site = await readSite(table);
    const mine = site.lease.value.owner === execution;
    const outcome = failure ? 'failed' : (run?.outcome ?? 'failed');

    const writes: Write[] = [];
    const alerts: Alert[] = [];
    // A retry finds the lease given back: everything has been written.
    if (mine && run) {
      writes.push(released(site.lease, now));
      for (const node of NODES) {
        const stored = site.certificates[node];
        const before = stored?.value;
        const wish = site.intents[node]?.value.wish;
        const { record, failing } = afterwards({ run, node, failure, before, wish, now });
        if (record) writes.push(put(stored ?? `CERTIFICATE#${node}`, record));
        if (failing) alerts.push(failingAlert({ now, timeZone: settings.TIME_ZONE, run }, failing));
      }
      if (NODES.some((node) => isNews(run, site, node))) {
        alerts.push(renewedAlert({ now, timeZone: settings.TIME_ZONE, run }));
      }
      writes.push(...alerts.map((alert) => outboxRow(settings.SITE, alert, now)));
      await commit(table, writes);
      clients.measures.put(measuresOf(settings.SITE, run, failure !== undefined, now));
    } else if (mine) {
      await commit(table, [released(site.lease, now)]);
    }
    const { outbox } = await readSite(table);
    const unpublished = await publish(clients.sns, table, settings.TOPIC, outbox);
    return {
      outcome,
      because: failure?.reason ?? run?.because ?? '',
      ...(alerts.length > 0 && { told: alerts.map(headlineOf) }),
      ...(unpublished.length > 0 && { unpublished }),
    };
  },
);

/** Something was renewed that no start was waiting for: a start tells by itself when it is done. */
const isNews = ({ progress }: Run, site: SiteState, node: NodeName): boolean =>
  progress.renewed[node] !== undefined && !site.certificates[node]?.value.wanted;
