import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import type { Incident } from '../shared/incident.ts';
import type { Stored } from '../shared/operations-table.ts';
import type { Cause, Finding, Trouble } from './judgement.ts';
import type { Observation } from './observation.ts';

/**
 * RDS's words for a database that answers nobody, or not fully. One in any other state may answer, and
 * whether it does is seen.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
 */
const AWAY = new Set([
  'creating',
  'deleting',
  'failed',
  'inaccessible-encryption-credentials',
  'inaccessible-encryption-credentials-recoverable',
  'incompatible-network',
  'incompatible-option-group',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
  'maintenance',
  'missing',
  'moving-to-vpc',
  'rebooting',
  'restore-error',
  'starting',
  'stopped',
  'stopping',
  'storage-full',
  'upgrading',
]);

/** What a database that is away looks like on a node; Orthanc also ends, or hangs, over it. */
const OVER_DATABASE = new Set<Cause>(['way-to-database', 'orthanc-down', 'orthanc-hung', 'dicom']);

/** How a node fails, before it is known whose fault that is. */
export interface Failure {
  readonly node: string;
  readonly cause: Cause;
}

/** The database is why these nodes fail; undefined where it is not. */
export function databaseTrouble(
  failures: readonly Failure[],
  { database }: Observation,
): Trouble | undefined {
  const over = failures.filter(({ cause }) => OVER_DATABASE.has(cause));
  // Where DICOM is all that fails, the database has just been heard through the node's web side.
  if (over.every(({ cause }) => cause === 'dicom')) return undefined;
  const { status, sight } = database;
  const trouble = (reason: string): Trouble => ({
    class: 'shared',
    cause: 'database',
    reason,
    findings: [
      ...(status ? [finding('rds', status)] : []),
      ...(sight ? [finding('database', sight.said ?? sight.reached)] : []),
    ],
  });
  if (status && AWAY.has(status))
    return trouble(`The database does not serve: AWS says "${status}".`);
  if (sight?.reached === 'refused') return trouble('The database refuses connections.');
  if (sight?.reached === 'silent') return trouble('The database does not answer.');
  const lost = over.filter(({ cause }) => cause === 'way-to-database').length;
  if (lost > 1) return trouble('No node gets an answer from the database.');
  return undefined;
}

/** The failures that a database which is away explains. */
export const isOverDatabase = ({ cause }: Failure): boolean => OVER_DATABASE.has(cause);

/** The bucket of images is why nodes fail. */
export function storageTrouble(
  failures: readonly Failure[],
  { storage }: Observation,
): Trouble | undefined {
  const hosts = failures.filter(({ cause }) => cause === 'way-to-storage');
  if (storage?.ok !== false && hosts.length < 2) return undefined;
  return {
    class: 'shared',
    cause: 'storage',
    reason:
      'The bucket of images takes nothing: new images cannot be stored, old ones not be shown.',
    findings: [finding('storage', storage?.said ?? (storage?.ok ? 'takes ours' : 'not tried'))],
  };
}

/**
 * Database or bucket has just come back from an incident. Orthanc's connections that were cut are made
 * anew one by one, and a right that was given back is not known everywhere at once: so for a while
 * failures of their kind are none of a node's own.
 */
export function isAftermath(before: Stored<Incident> | undefined, now: Date): boolean {
  const { openedAt, goodSince, closedAt } = before?.value ?? {};
  if (!openedAt) return false;
  return goodSince ? secondsBetween(goodSince, now) < CLOCKS.aftermath : !closedAt;
}

const finding = (check: Finding['check'], result: string): Finding => ({ check, result });
