import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Assemblies and the like that tests make go into one folder, which goes when they are over. */
export function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
