import { accessSync } from 'node:fs';
import path from 'node:path';

/** Programs that the lab stands on, by the Debian package that brings them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash'],
  curl: ['curl'],
  dcmtk: ['storescu', 'echoscu', 'findscu', 'dump2dcm'],
  iproute2: ['ip', 'ss'],
  jq: ['jq'],
  'libnginx-mod-stream': ['/usr/lib/nginx/modules/ngx_stream_module.so'],
  mount: ['mount', 'umount'],
  'nginx-light': ['nginx'],
  openssl: ['openssl'],
  orthanc: ['Orthanc'],
  'orthanc-dicomweb': ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'],
  'orthanc-postgresql': ['/usr/share/orthanc/plugins/libOrthancPostgreSQLIndex.so'],
  procps: ['pgrep'],
  postgresql: ['psql', '/usr/lib/postgresql'],
  systemd: ['systemd-tmpfiles'],
  tzdata: ['/usr/share/zoneinfo/UTC'],
  unzip: ['unzip'],
  'util-linux': ['unshare', 'nsenter', 'setpriv', 'flock'],
  zip: ['zip'],
};

const PLACES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** There can be no lab here, and why not. */
export class LabImpossible extends Error {
  override readonly name = 'LabImpossible';
}

/** Throws where a lab cannot be, and names the packages that would make it one. */
export function requirePrograms(has: (program: string) => boolean = installed): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new LabImpossible('The lab needs Linux, and root there: it makes namespaces and mounts.');
  }
  const lacking = Object.entries(PACKAGES)
    .map(([name, programs]) => ({ name, programs: programs.filter((one) => !has(one)) }))
    .filter(({ programs }) => programs.length > 0);
  if (lacking.length === 0) return;
  const programs = lacking.flatMap((one) => one.programs).join(', ');
  const packages = lacking.map(({ name }) => name).join(' ');
  throw new LabImpossible(`The lab lacks ${programs}. Install them: apt-get install ${packages}`);
}

function installed(program: string): boolean {
  const files = path.isAbsolute(program)
    ? [program]
    : PLACES.map((place) => path.join(place, program));
  return files.some((file) => {
    try {
      accessSync(file);
      return true;
    } catch {
      return false;
    }
  });
}
