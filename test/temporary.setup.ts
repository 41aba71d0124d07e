import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Assemblies and the like that tests make go into one folder, which goes when they are over.
 *
 * So does compiled code: the tests start dozens of processes, each of which would compile the CDK
 * and the SDK anew.
 */
export function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-tests-'));
  process.env.TMPDIR = folder;
  process.env.NODE_COMPILE_CACHE = path.join(folder, 'compiled');
  return () => rmSync(folder, { recursive: true, force: true });
}
