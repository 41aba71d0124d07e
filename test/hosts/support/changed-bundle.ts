import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BUNDLE } from './host.ts';

/** A file of the bundle, and what becomes of its text. */
export type Changes = Readonly<Record<string, (text: string) => string>>;

/** A copy of this checkout's bundle with some files changed. Goes with the tests' other leftovers. */
export function changedBundle(changes: Changes): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-bundle-'));
  cpSync(BUNDLE, folder, { recursive: true });
  for (const [name, change] of Object.entries(changes)) {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8');
    const changed = change(text);
    if (changed === text) throw new Error(`${name} has nothing of what is to be changed`);
    writeFileSync(file, changed);
  }
  return folder;
}

/** A change that puts one text for another, everywhere. */
export const put =
  (from: string, to: string): ((text: string) => string) =>
  (text) =>
    text.replaceAll(from, to);

/** A boot that failed tries again soon, though not so soon that systemd gives it up. */
export const SOON = { 'systemd/orthweb.service': put('RestartSec=30s', 'RestartSec=3s') };
