import { writeFileSync } from 'node:fs';
import { quoted } from '../command.ts';
import type { Image } from '../differences.ts';
import type { Mount, Service } from './compose-file.ts';

/** What a container's programs have in their environment. */
export const environmentOf = ({
  environment,
  name,
}: Service): Readonly<Record<string, string>> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOSTNAME: name,
  HOME: '/',
  ...environment,
});

/** What takes away all rights that a service does not have, before its program. */
export function privileges({ user, capabilities, noNewPrivileges }: Service): string[] {
  const [uid = '0', gid = uid] = user.split(':');
  const kept = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(',');
  return [
    ...['/usr/bin/setpriv', '--reuid', uid, '--regid', gid, '--clear-groups'],
    ...['--bounding-set', kept, '--inh-caps=-all', '--ambient-caps=-all'],
    ...(noNewPrivileges ? ['--no-new-privs'] : []),
  ];
}

/** Writes the bash that mounts what a service asks for into its root, and sets `init`; returns the file. */
export function prepared({ name, init, tmpfs, volumes, secrets }: Service, { fit }: Image): string {
  const lines = [
    `hostname ${quoted(name)}`,
    // Parents before what lies in them.
    ...[...tmpfs].sort().map(memory),
    ...[...volumes, ...secrets].map(bind),
    fit,
    `init=${init}`,
  ];
  const file = `/run/container-${name}.sh`;
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function memory(said: string): string {
  const [target = '', options = ''] = said.split(':');
  const place = quoted(target.slice(1));
  // What Docker sets where nothing is said.
  const all = ['noexec', 'nosuid', 'nodev', ...options.split(',').filter((one) => one !== '')];
  return `mkdir -p ${place} && mount -t tmpfs -o ${quoted(all.join(','))} tmpfs ${place}`;
}

function bind({ source, target, readOnly }: Mount): string {
  const [from, to] = [quoted(source), quoted(target.slice(1))];
  return [
    `if [[ -d ${from} ]]; then mkdir -p ${to}`,
    `elif [[ -e ${from} ]]; then mkdir -p "$(dirname ${to})"; touch ${to}`,
    `else echo "invalid mount config for type \\"bind\\": bind source path does not exist: "${from} >&2; exit 1; fi`,
    `mount --bind ${from} ${to}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${to}`] : []),
  ].join('\n');
}
