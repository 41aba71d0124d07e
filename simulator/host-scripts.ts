import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NotModelled } from './aws-error.ts';

interface Script {
  readonly changes: boolean;
  /** The shortest and the longest it takes. */
  readonly seconds: readonly [number, number];
}

/** The scripts that functions send: whether they change the host, how long they take. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  probe: { changes: false, seconds: [1, 3] },
  drain: { changes: true, seconds: [2, 45] },
  undrain: { changes: true, seconds: [3, 15] },
};

/** Those that a person alone sends: what they do to a host is not rehearsed. */
export const BY_HAND: ReadonlySet<string> = new Set([
  'boot',
  'logs',
  'restart',
  'secrets',
  'update',
]);

/** A script as it stands in the bundle of a host. */
function textOf(script: string, bundle: string): string {
  const file = path.join(bundle, 'host', `${script}.sh`);
  if (!existsSync(file)) {
    throw new NotModelled(`the bundle ${path.basename(bundle)} has no host/${script}.sh to run`);
  }
  return readFileSync(file, 'utf8');
}

/** Which halves of the live TLS pair a script writes, as far as its text says so. */
export function writtenBy(script: string, bundle: string) {
  const text = textOf(script, bundle);
  const writes = (file: string) => new RegExp(`(>|-out)\\s*"?\\S*tls/live/${file}`).test(text);
  return { key: writes('tls\\.key'), certificate: writes('fullchain\\.pem') };
}
