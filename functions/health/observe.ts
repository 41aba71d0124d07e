import * as z from 'zod/mini';
import { outboxRow, publish } from '../shared/alerts.ts';
import { plusSeconds } from '../shared/clocks.ts';
import { Conflict, LookIncomplete } from '../shared/errors.ts';
import { isOpen } from '../shared/incident.ts';
import { lambda } from '../shared/lambda.ts';
import {
  commit,
  NODES,
  type NodeName,
  readSite,
  type SiteState,
} from '../shared/operations-table.ts';
import { type Confirmed, confirm } from './confirm.ts';
import { type Change, course } from './course.ts';
import { type Hint, hintIn } from './hint.ts';
import { measuresOf } from './measures.ts';
import { alertsOn } from './message.ts';
import { plannedBecause } from './planned.ts';
import { proofsOf } from './proofs.ts';
import { readSurvey, type Survey } from './survey.ts';
import { archive, emit, noteAlerted } from './telling.ts';
import { writesOf } from './writes.ts';

/** Any event will do: it only says "look now", and what does not even say that is counted. */
const Input = z.unknown();
export const Settings = z.object({
  SITE: z.string(),
  TABLE: z.string(),
  TOPIC: z.string(),
  TIME_ZONE: z.string(),
  /** The account and region whose events are believed. */
  ACCOUNT: z.string(),
  REGION: z.string(),
  /** RDS's name of the database, and its DNS name. */
  DATABASE: z.string(),
  DATABASE_ADDRESS: z.string(),
  /** Name of the function that looks from inside the network. */
  PROBE: z.string(),
  PROBE_DOCUMENT: z.string(),
  /** Name of the parameter that holds the site's authorities, PEM. */
  AUTHORITY_PARAMETER: z.string(),
  /** Bucket of the images, which the check writes one small object into, and its key there. */
  IMAGES: z.string(),
  IMAGES_KEY: z.string(),
  /** Bucket for what happened in incidents that are over, and the prefix there. */
  RECORDS: z.string(),
  RECORDS_PREFIX: z.string(),
});

/**
 * Looks at the site each minute, and early when something hints at trouble; opens, goes on with and
 * closes incidents, and tells the operator. Never touches a node or the database itself.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async (event, { settings, clients }) => {
    const table = { client: clients.dynamodb, name: settings.TABLE };
    const began = new Date();
    const hint = hintIn(event, settings, began);
    if (hint.action !== 'look') return count(hint);
    const [site, survey] = await Promise.all([readSite(table), readSurvey(clients, settings)]);
    if (isForeign(hint, survey)) {
      return count({ action: 'rejected', reason: 'detail.instance-id: none of ours' });
    }
    const isQuiet = Object.keys(site.incidents).length === 0;
    if (isQuiet && NODES.every((node) => isPlanned(node, site, began))) {
      return { reason: 'no node is meant to serve', quietUntil: plusSeconds(began, 86_400) };
    }

    const looked = await confirm(clients, {
      site,
      reread: () => readSite(table),
      survey,
      eyes: settings,
      document: settings.PROBE_DOCUMENT,
      thorough: !isQuiet || hint.reason === 'person' || isHourly(hint, began),
    });
    const { judgement, seen } = looked;
    const now = new Date();
    const changes = course(looked.site.incidents, judgement, now, began);
    clients.measures.put(
      measuresOf(settings.SITE, judgement, seen, openAfter(looked.site, changes)),
    );
    const outcome = verdict(looked, changes);
    if (changes.length === 0) return outcome;

    const about = { now, timeZone: settings.TIME_ZONE, judgement, ...proofsOf(judgement, seen) };
    const alerts = alertsOn(changes, about);
    try {
      await commit(table, [
        ...writesOf(changes, looked.site, now),
        ...alerts.map((alert) => outboxRow(settings.SITE, alert, now)),
      ]);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      return { ...outcome, reason: 'somebody else has looked at the same moment' };
    }
    await tell(changes);
    return outcome;

    /** What cannot be told now is told by the site tick; what programs get is tried once. */
    async function tell(told: readonly Change[]): Promise<void> {
      const failures = alerts.length > 0 ? await deliver() : [];
      if (failures.length === 0) await noteAlerted(table, told);
      const rest = await Promise.allSettled([
        emit(clients, settings.SITE, told),
        archive(clients, settings, told),
      ]);
      for (const one of rest) if (one.status === 'rejected') failures.push(String(one.reason));
      if (failures.length > 0) throw new LookIncomplete(failures.join('; '));
    }

    async function deliver(): Promise<string[]> {
      const { outbox } = await readSite(table);
      return publish(clients.sns, table, settings.TOPIC, outbox);
    }

    function count({ action, reason }: Hint) {
      const name = action === 'dropped' ? 'HintsDropped' : 'HintsRejected';
      const dimensions = { Site: settings.SITE };
      clients.measures.put([{ name, unit: 'Count', value: 1, dimensions }]);
      return { action, reason };
    }
  },
);

/** Hosts are asked at each full hour, once: early looks do not add to that. */
const isHourly = ({ reason }: Hint, began: Date): boolean =>
  reason === 'minute' && began.getUTCMinutes() === 0;

const isForeign = ({ instanceId }: Hint, { instances }: Survey): boolean =>
  instanceId !== undefined &&
  instances !== undefined &&
  NODES.every((node) => instances[node].instanceId !== instanceId);

/** By the record alone, which stays as it is: the grace after somebody's start runs out by itself. */
const isPlanned = (node: NodeName, site: SiteState, now: Date): boolean =>
  plannedBecause(node, site, {}, now) !== undefined;

const openAfter = ({ incidents }: SiteState, changes: readonly Change[]): number => {
  const all = new Map(Object.values(incidents).map(({ value }) => [value.subject, value]));
  for (const { subject, after } of changes) {
    if (after) all.set(subject, after);
    else all.delete(subject);
  }
  return [...all.values()].filter(isOpen).length;
};

/** What the look came to, for the log, the command line and the simulator. */
function verdict({ site, judgement, seen }: Confirmed, changes: readonly Change[]) {
  const { troubles } = judgement;
  const reasons = Object.values(troubles).map(({ reason }) => reason);
  const standing = (node: 'a' | 'b') => ({
    ...judgement.nodes[node],
    ...(seen.nodes[node].instance?.address && { address: seen.nodes[node].instance.address }),
  });
  const now = new Date();
  const isCalm =
    changes.length === 0 &&
    Object.keys(site.incidents).length === 0 &&
    NODES.every((node) => standing(node).standing === 'serves' || isPlanned(node, site, now));
  return {
    reason: reasons.join(' ') || 'all is well or planned',
    nodes: { a: standing('a'), b: standing('b') },
    database: seen.database,
    ...(seen.storage && { storage: seen.storage }),
    troubles,
    // Hosts are asked again at the full hour: until then nothing changes but what is seen.
    ...(isCalm && reasons.length === 0 && { quietUntil: nextHour(now) }),
  };
}

const HOUR_MS = 3_600_000;
const nextHour = (now: Date): string =>
  new Date((Math.floor(now.getTime() / HOUR_MS) + 1) * HOUR_MS).toISOString();
