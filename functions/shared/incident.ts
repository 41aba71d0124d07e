import type { Severity } from './alerts.ts';

/** What an incident is about; each has at most one that is open. */
export type Subject = 'a' | 'b' | 'database' | 'storage' | 'observer';
export const SUBJECTS: readonly Subject[] = ['a', 'b', 'database', 'storage', 'observer'];

/**
 * `node`: one node does not serve, and the cause is its own. `shared`: database or bucket. `degraded`:
 * all is served, and something is to be mended. `blind`: nobody can see. `unknown`: what is seen fits
 * nothing. Both nodes down are two incidents of class `node`.
 */
export type TroubleClass = 'node' | 'shared' | 'degraded' | 'blind' | 'unknown';

/** Something happened in an incident. */
export interface Moment {
  /** ISO 8601. */
  readonly at: string;
  /** A sentence for the operator. */
  readonly what: string;
}

/** From the first sign of trouble to its close. All times ISO 8601. */
export interface Incident {
  /** `20261124T101500Z-a`: when its first sign was seen, and its subject. */
  readonly id: string;
  readonly subject: Subject;
  readonly class: TroubleClass;
  readonly cause: string;
  readonly reason: string;
  /** First bad look (T0). */
  readonly firstBadAt: string;
  /** Confirmed, and told (T1); absent while it is only a suspicion. */
  readonly openedAt?: string;
  /** SNS has taken its first message (T2). */
  readonly alertedAt?: string;
  /** First repair (T3). */
  readonly actedAt?: string;
  /** Since when all looks have been good; absent while it is bad. */
  readonly goodSince?: string;
  /** It is over (T4: `goodSince` then); told, if it had been opened. */
  readonly closedAt?: string;
  /** The gravest that the operator has been told. */
  readonly severity?: Severity;
  /** How many reminders have been sent, and when something was last told. */
  readonly reminders: number;
  readonly toldAt?: string;
  /** How often the same subject had been in trouble shortly before. */
  readonly relapses: number;
  /** What was seen when it was opened, and when it changed. */
  readonly findings: readonly { readonly check: string; readonly result: string }[];
  readonly timeline: readonly Moment[];
}

/** It has been told, and is not over. */
export const isOpen = ({ openedAt, closedAt }: Incident): boolean =>
  openedAt !== undefined && closedAt === undefined;

/** The section of docs/runbook.md about what has this cause. */
export const sectionOf = (cause: string): string => `health-${cause}`;
