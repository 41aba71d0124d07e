import { secondsBetween } from '../../functions/shared/clocks.ts';
import type { Incident } from '../../functions/shared/incident.ts';

/** How long things took in an incident, in whole seconds; absent where they have not come about. */
export interface Durations {
  /** From the first bad look to its opening. */
  readonly detectedAfterSec?: number;
  /** From its opening until SNS had taken the first message. */
  readonly alertedAfterSec?: number;
  /** From the first bad look to the first good one that lasted, or until now. */
  readonly lastedSec: number;
}

export function durationsOf(incident: Incident, now: Date): Durations {
  const { firstBadAt, openedAt, alertedAt, goodSince, closedAt } = incident;
  const seconds = (from: string, to: string | Date) =>
    Math.round(secondsBetween(from, new Date(to)));
  return {
    ...(openedAt && { detectedAfterSec: seconds(firstBadAt, openedAt) }),
    ...(openedAt && alertedAt && { alertedAfterSec: seconds(openedAt, alertedAt) }),
    lastedSec: seconds(firstBadAt, goodSince ?? closedAt ?? now),
  };
}

/** `40 s`, `12 min 5 s`, `3 h 20 min`. */
export function lasting(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
