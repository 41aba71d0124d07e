import { ended } from './command.ts';
import { requirePrograms } from './requirements.ts';

/** How each program of the lab is asked for its version; PostgreSQL's is the newest, as in database.sh. */
const PROGRAMS = {
  nginx: 'nginx -v',
  Orthanc: 'Orthanc --version',
  PostgreSQL:
    '"$(find /usr/lib/postgresql -path "*/bin/postgres" | sort --version-sort | tail -1)" --version',
  psql: 'psql --version',
  DCMTK: 'storescu --version',
  OpenSSL: 'openssl version',
  bash: 'bash --version',
  curl: 'curl --version',
  jq: 'jq --version',
} as const;

export type Versions = Readonly<Record<keyof typeof PROGRAMS, string>>;

/** The versions of the programs that a lab here runs; throws `LabImpossible` where there can be none. */
export async function versions(): Promise<Versions> {
  requirePrograms();
  const found = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, command]) => [name, await versionOf(command)]),
  );
  return Object.fromEntries(found) as Versions;
}

async function versionOf(command: string): Promise<string> {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  const { code, stdout, stderr } = await ended(['bash', '-c', command], { env });
  const [version] = /\d+(?:\.\d+)+/.exec(stdout + stderr) ?? [];
  if (code === 0 && version !== undefined) return version;
  throw new Error(`${command}: ended with ${code} and named no version: ${stdout}${stderr}`);
}
