import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import {
  type Intent,
  type Override,
  type PowerState,
  RESOURCES,
  type ResourceName,
  type SiteState,
} from '../shared/operations-table.ts';
import { desiredState, type Schedule } from './schedule.ts';

/** The operator's power settings, as the functions get them from the configuration. */
export interface PowerPlan {
  /** The site's own IANA zone, in which the operator reads times. */
  readonly timeZone: string;
  /** Absent for a site that is always on. */
  readonly schedule: Schedule | undefined;
  /** `one`: node a keeps serving outside the windows, only node b stops. */
  readonly nodes: 'both' | 'one';
  readonly database: 'follow' | 'always-on';
}

/** What should run now, since which planned instant, and why. */
export interface Wishes {
  readonly of: Readonly<Record<ResourceName, PowerState>>;
  /** The site as a whole: its open hours are `running`. */
  readonly site: PowerState;
  readonly reason: string;
  /** The planned instant since which this holds; absent where nothing ever changes. */
  readonly since: Date | undefined;
  /** The next planned change. */
  readonly until: Date | undefined;
}

/** What the schedule and a person's override ask for at `now`. */
export function wishes(plan: PowerPlan, override: Override | undefined, now: Date): Wishes {
  const planned = plan.schedule
    ? desiredState(plan.schedule, now)
    : {
        state: 'running' as const,
        reason: 'the site is always on',
        since: undefined,
        until: undefined,
      };
  const from = override && new Date(override.from);
  const until = override && new Date(override.until);
  if (override && from && until && from <= now && now < until) {
    const reason = `${override.by} asked for it: ${override.reason}`;
    return { of: each(plan, override.wish), site: override.wish, reason, since: from, until };
  }
  const since = until && until <= now ? later(planned.since, until) : planned.since;
  return {
    of: each(plan, planned.state),
    site: planned.state,
    reason: planned.reason,
    since,
    until: from && from > now ? earlier(planned.until, from) : planned.until,
  };
}

/** A database that follows runs for as long as any node is meant to. */
function each(plan: PowerPlan, site: PowerState): Record<ResourceName, PowerState> {
  const a = plan.nodes === 'one' ? 'running' : site;
  const database = plan.database === 'always-on' || a === 'running' ? 'running' : site;
  return { a, b: site, database };
}

/**
 * The instant from which lateness counts: that of the planned change, or of the intent that
 * is being pursued again. Undefined on a site that has no intents yet, and after a deploy that
 * changed the plan: nothing was planned for an instant then.
 */
export function plannedInstant(site: SiteState, wish: Wishes, now: Date): string | undefined {
  if (isNew(site)) return undefined;
  if (!changed(site, wish)) return openIntents(site)[0]?.plannedFor;
  const planned = wish.since && secondsBetween(wish.since, now) <= CLOCKS.planned;
  return planned ? wish.since.toISOString() : undefined;
}

/** Why a run sets out: the change of the wish, or why an unchanged one is pursued again. */
export const pursuedReason = (site: SiteState, wish: Wishes): string =>
  changed(site, wish) ? wish.reason : (openIntents(site)[0]?.reason ?? wish.reason);

/** Nothing has ever been recorded: the first look after a deployment. */
export const isNew = (site: SiteState): boolean =>
  RESOURCES.every((name) => site.intents[name] === undefined);

export const changed = (site: SiteState, wish: Wishes): boolean =>
  RESOURCES.some((name) => site.intents[name]?.value.wish !== wish.of[name]);

/** Intents that are not fulfilled, the longest-standing first. */
export const openIntents = (site: SiteState): Intent[] =>
  RESOURCES.flatMap((name) => site.intents[name]?.value ?? [])
    .filter((intent) => !intent.reachedAt)
    .sort((one, other) => (one.plannedFor < other.plannedFor ? -1 : 1));

export const sameWishes = (
  x: Readonly<Record<ResourceName, PowerState>>,
  y: Readonly<Record<ResourceName, PowerState | undefined>>,
): boolean => RESOURCES.every((name) => x[name] === y[name]);

const later = (x: Date | undefined, y: Date): Date => (x && x > y ? x : y);
const earlier = (x: Date | undefined, y: Date): Date => (x && x < y ? x : y);
