import { attention } from '../certificate/attention.ts';
import { changed, isNew, openIntents, plannedInstant, type Wishes } from '../power/wishes.ts';
import { CLOCKS, plusSeconds, secondsBetween } from '../shared/clocks.ts';
import type { LeaseVerdict } from '../shared/lease.ts';
import type { SiteState } from '../shared/operations-table.ts';

export interface Sight {
  readonly now: Date;
  readonly wish: Wishes;
  readonly lease: LeaseVerdict;
  /** RDS's status of the database. */
  readonly database: string;
}

export interface TickVerdict {
  /** Frees a lease whose owner ended without giving it back. */
  readonly sweepLease: boolean;
  /** The database's intent is to be pursued again: it is no longer as was reached. Why. */
  readonly reopenDatabase: string | undefined;
  readonly startPower: boolean;
  /** Certificates are to be looked at: why. */
  readonly startCertificate: string | undefined;
  /** The operator is to be told that the planned change is late. */
  readonly tellLate: boolean;
  readonly reason: string;
  /** Until this instant (ISO 8601) nothing changes the verdict but a change of what was read. */
  readonly quietUntil?: string;
}

/**
 * Compares what is wished with what is recorded and true, and says what the tick must set going.
 *
 * It starts a run only on a difference, and leaves a planned instant to the schedule's own event
 * for its first seconds, so that each change normally has one run.
 */
export function decide(site: SiteState, sight: Sight): TickVerdict {
  const { now, wish, lease } = sight;
  const isChanged = changed(site, wish);
  const astray = isChanged ? undefined : whyAstray(site, sight);
  const pursued = isChanged || openIntents(site).length > 0 || astray !== undefined;
  const planned = plannedInstant(site, wish, now);
  const waited = planned ? secondsBetween(planned, now) : 0;
  const resting = !isChanged ? restLeft(site, now) : planned ? CLOCKS.scheduleGrace - waited : 0;
  const free = lease.state === 'free';
  const care = attention(site, now);
  // What a start waits for comes first; else a change of the site does.
  const mayCare = free && careRest(site, now) <= 0 && !isChanged && (care.awaited || !pursued);
  const startCertificate = mayCare ? care.reason : undefined;
  const quiet = !pursued && !site.lease.value.owner && site.outbox.length === 0 && !care.reason;
  const until = [(wish.until ?? plusYear(now)).toISOString(), care.until ?? ''].filter(Boolean);
  return {
    sweepLease: free && site.lease.value.owner !== undefined,
    reopenDatabase: astray,
    startPower: pursued && free && resting <= 0 && !startCertificate,
    startCertificate,
    tellLate: waited >= CLOCKS.lateAfterByTick && site.late.value?.plannedFor !== planned,
    reason: reasonFor(),
    ...(quiet && { quietUntil: until.sort()[0] ?? '' }),
  };

  function reasonFor(): string {
    if (startCertificate) return startCertificate;
    if (!pursued) return `as wished: ${wish.reason}`;
    if (!free) return lease.reason;
    if (resting > 0) return `looks again in ${Math.ceil(resting)} s`;
    if (isNew(site)) return `the first run after a deployment: ${wish.reason}`;
    if (astray) return astray;
    if (isChanged) return `no run has taken up the change: ${wish.reason}`;
    return `the last run did not reach its goal: ${wish.reason}`;
  }
}

/** Why a database that was as wished is so no longer. */
function whyAstray(site: SiteState, { wish, database }: Sight): string | undefined {
  if (!site.intents.database?.value.reachedAt) return undefined;
  if (wish.of.database === 'stopped' && database === 'available') {
    return 'AWS has started the database by itself; it is to be stopped again';
  }
  if (wish.of.database === 'running' && database === 'stopped') {
    return 'the database has been stopped outside the plan; it is to run';
  }
  return undefined;
}

/** A run that did not reach its goal is followed by the next only after a pause. */
const restLeft = (site: SiteState, now: Date): number => {
  const { releasedAt, purpose } = site.lease.value;
  return releasedAt && purpose !== 'certificate'
    ? CLOCKS.retryPause - secondsBetween(releasedAt, now)
    : 0;
};

/** Whatever a certificate run came to, the next one leaves power a turn: it may fail at its begin. */
const careRest = (site: SiteState, now: Date): number => {
  const { releasedAt, purpose } = site.lease.value;
  return releasedAt && purpose === 'certificate'
    ? CLOCKS.retryPause - secondsBetween(releasedAt, now)
    : 0;
};

const plusYear = (now: Date): Date => new Date(plusSeconds(now, 365 * 86_400));
