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
  postgresql: ['psql', '/usr/lib/postgresql'],
  systemd: ['systemd-tmpfiles'],
  tzdata: ['/usr/share/zoneinfo/UTC'],
  unzip: ['unzip'],
  'util-linux': ['unshare', 'nsenter', 'setpriv', 'flock'],
  zip: ['zip'],
};

const PLACES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Throws where a lab cannot be, and names the packages that would make it one. */
export function requirePrograms(has: (program: string) => boolean = installed): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('The lab needs Linux, and root there: it makes namespaces and mounts.');
  }
  const missing = Object.entries(PACKAGES).flatMap(([name, programs]) => {
    const lacking = programs.filter((program) => !has(program));
    return lacking.length === 0 ? [] : [`${lacking.join(', ')} (apt-get install ${name})`];
  });
  if (missing.length > 0) throw new Error(`The lab lacks ${missing.join('; ')}.`);
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
