import { existsSync } from 'node:fs';
import path from 'node:path';
import { NotModelled } from './aws-error.ts';
import type { Chance } from './random.ts';

interface Script {
  readonly changes: boolean;
  /** How long it takes, in ms. */
  readonly takes: (chance: Chance) => number;
}

const seconds = (shortest: number, longest: number) => (chance: Chance) =>
  chance.between(shortest, longest) * 1000;
const milliseconds = (shortest: number, longest: number) => (chance: Chance) =>
  chance.between(shortest, longest);

/** The scripts that functions send: whether they change the host, how long they take. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  probe: { changes: false, takes: seconds(1, 3) },
  drain: { changes: true, takes: seconds(2, 45) },
  undrain: { changes: true, takes: seconds(3, 15) },
  'certificate-request': { changes: true, takes: milliseconds(500, 2000) },
  'certificate-install': { changes: true, takes: milliseconds(1000, 5000) },
  'certificate-rollback': { changes: true, takes: milliseconds(1000, 5000) },
};

/** Those that a person alone sends: what they do to a host is not rehearsed. */
export const BY_HAND: ReadonlySet<string> = new Set([
  'boot',
  'logs',
  'restart',
  'secrets',
  'update',
]);

/** Throws `NotModelled` where the bundle of a host has no such script. */
export function assertIn(bundle: string, script: string): void {
  if (existsSync(path.join(bundle, 'host', `${script}.sh`))) return;
  throw new NotModelled(`the bundle ${path.basename(bundle)} has no host/${script}.sh to run`);
}
