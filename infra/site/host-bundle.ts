import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../config.ts';

/** What comes to a host whatever the configuration says; `/opt/orthweb` there. */
export const HOST_BUNDLE = path.join(import.meta.dirname, '../../compose');

/** What a host takes from its bundle, so that a change of it needs no new host. */
export interface BundleSettings {
  readonly dicom: Config['dicom'];
  /** Range of the VPC, CIDR notation. */
  readonly vpc: string;
  /** Range for networks of containers, CIDR notation. */
  readonly containers: string;
}

/** A folder with all that a host's bundle has, and what it is known by. */
export interface HostBundle {
  readonly folder: string;
  /** Over names and contents of its files, 64 hexadecimal digits. */
  readonly hash: string;
}

/**
 * Puts the bundle of a site together, gives it to `use`, and takes it away again: CDK has a copy in
 * its assembly by then.
 *
 * The hash is our own. CDK's would be remembered in the user's home by inode, time and size of each
 * file, which files that come and go can share with others.
 */
export function withHostBundle<T>(settings: BundleSettings, use: (bundle: HostBundle) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-host-bundle-'));
  try {
    cpSync(HOST_BUNDLE, folder, { recursive: true });
    for (const [name, text] of Object.entries(configured(settings))) {
      writeFileSync(path.join(folder, name), text);
    }
    return use({ folder, hash: hashOf(folder) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files that say what the configuration says: the same whatever order it says it in. */
function configured({ dicom, vpc, containers }: BundleSettings): Readonly<Record<string, string>> {
  const { aeTitle, clientCertificates, clientAuthority } = dicom;
  const modalities = Object.fromEntries(
    Object.entries(dicom.modalities)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([title, may]) => [title, may.toSorted()]),
  );
  const settings = {
    dicom: { aeTitle, clientCertificates, modalities },
    network: { vpc, containers },
  };
  return {
    'settings.json': `${JSON.stringify(settings, null, 2)}\n`,
    ...(clientAuthority !== undefined && { 'dicom-clients.pem': `${clientAuthority.trim()}\n` }),
  };
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)))
    .sort();
  for (const file of files) {
    const content = readFileSync(path.join(folder, file));
    // With its length, no end of one file can pass for the beginning of the next.
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
