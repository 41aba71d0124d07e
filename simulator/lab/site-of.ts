import path from 'node:path';
import { userDataOf } from '../services/ec2/launch.ts';
import { Assembly } from '../template.ts';
import { KNOWN_TYPES } from '../world.ts';
import type { HostSettings } from './aws/store.ts';
import type { NodeName } from './host.ts';
import type { LabOptions } from './lab.ts';

/** What the hosts of an assembly are made with: their bundle, and the settings in their user data. */
export function siteOf(directory: string): Required<Pick<LabOptions, 'bundle' | 'site'>> {
  const assembly = new Assembly(directory, KNOWN_TYPES);
  const found = Object.fromEntries(
    userDataOf(assembly).map(({ node, userData }) => [node, settingsIn(userData)]),
  );
  const of = (node: NodeName): HostSettings => {
    const settings = found[node];
    if (!settings) throw new Error(`${directory} has no node ${node}.`);
    return settings;
  };
  const site = { a: of('a'), b: of('b') };
  const bundle = assembly.assetFolder(path.basename(site.a.BUNDLE ?? ''), directory);
  return { bundle: path.resolve(bundle), site };
}

const settingsIn = (userData: string): HostSettings =>
  Object.fromEntries(
    [...userData.matchAll(/^ORTHWEB_(\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
