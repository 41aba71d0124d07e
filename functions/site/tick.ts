import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { readDatabase } from '../power/database.ts';
import { circumstances, lateAlert } from '../power/message.ts';
import { Plan } from '../power/plan.ts';
import { wishes } from '../power/wishes.ts';
import { outboxRow, publish } from '../shared/alerts.ts';
import { TickIncomplete } from '../shared/errors.ts';
import { lambda } from '../shared/lambda.ts';
import { judgeLease, readHolder } from '../shared/lease.ts';
import { commit, put, readSite, released, type Write } from '../shared/operations-table.ts';
import { decide } from './decide.ts';

/** Any event will do: it only says "look now". */
const Input = z.unknown();
export const Settings = z.object({
  SITE: z.string(),
  TABLE: z.string(),
  TOPIC: z.string(),
  DATABASE: z.string(),
  PLAN: Plan,
  POWER: z.string(),
  CERTIFICATE: z.string(),
});

/**
 * The site tick: looks at the whole site each minute and sets going what is missing.
 *
 * It sweeps the lease and the outbox, tells what is late, and starts a workflow on a difference
 * between wish and record. It never touches a host or the database itself.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async (_event, { settings, clients }) => {
    const table = { client: clients.dynamodb, name: settings.TABLE };
    const now = new Date();
    const site = await readSite(table);
    const holder = await readHolder(clients.sfn, site.lease.value);
    const failures: string[] = [];
    // Without RDS's answer all else can still be looked after.
    const database = await readDatabase(clients.rds, settings.DATABASE).catch((error) => {
      failures.push(`database: ${error}`);
      return 'unknown';
    });
    const verdict = decide(site, {
      now,
      wish: wishes(settings.PLAN, site.override?.value, now),
      lease: judgeLease(site.lease.value, 'the tick', holder, now),
      database,
    });

    const writes: Write[] = [];
    if (verdict.sweepLease) writes.push(released(site.lease, now));
    if (verdict.reopenDatabase && site.intents.database) {
      const { reachedAt, ...intent } = site.intents.database.value;
      const reason = verdict.reopenDatabase;
      const again = { ...intent, reason, plannedFor: now.toISOString() };
      writes.push(put(site.intents.database, again));
    }
    if (verdict.tellLate) {
      const about = circumstances(settings.PLAN, site, now, undefined);
      const alert = lateAlert(about, `no run has reached the goal; ${verdict.reason}`);
      writes.push(
        outboxRow(settings.SITE, alert, now),
        put(site.late, { plannedFor: about.plannedFor, toldAt: now.toISOString() }),
      );
    }
    if (writes.length > 0) await commit(table, writes);
    const { outbox } = writes.length > 0 ? await readSite(table) : site;
    if (verdict.startPower) await start(settings.POWER, verdict.reason);
    if (verdict.startCertificate) await start(settings.CERTIFICATE, verdict.startCertificate);
    failures.push(...(await publish(clients.sns, table, settings.TOPIC, outbox)));
    if (failures.length > 0) throw new TickIncomplete(failures.join('; '));
    return verdict;

    /** The name makes a doubled tick of the same minute one start. */
    async function start(stateMachineArn: string, reason: string): Promise<void> {
      const minute = now.toISOString().slice(0, 16).replace(/[-:]/g, '');
      try {
        await clients.sfn.send(
          new StartExecutionCommand({
            stateMachineArn,
            name: `tick-${minute}`,
            input: JSON.stringify({ trigger: 'tick', reason }),
          }),
        );
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ExecutionAlreadyExists') throw error;
      }
    }
  },
);
