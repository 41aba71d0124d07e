import { globSync, readFileSync } from 'node:fs';

type Json = Record<string, unknown>;

/**
 * Prints the configuration of Orthanc as its image makes it: all files, later ones over earlier
 * ones, section by section; then what Debian's older Orthanc needs said differently.
 *
 * @see https://orthanc.uclouvain.be/book/users/docker-orthancteam.html
 */
const merged: Json = {};
for (const file of [...globSync('/etc/orthanc/*.json'), ...globSync('/run/secrets/*.json')]) {
  merge(merged, JSON.parse(substituted(readFileSync(file, 'utf8'))) as Json);
}
for (const name of Object.keys(process.env)) {
  if (name.startsWith('ORTHANC__') || name === 'ORTHANC_JSON' || name.endsWith('_SECRET')) {
    throw new Error(`${name}: settings in the environment are not modelled in the lab`);
  }
}
process.stdout.write(JSON.stringify(debian(merged), undefined, 2));

function merge(into: Json, from: Json): void {
  for (const [key, value] of Object.entries(from)) {
    const there = into[key];
    if (isTree(there) && isTree(value)) merge(there, value);
    else into[key] = value;
  }
}

function isTree(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The image fills the environment into its files before it reads them. */
function substituted(text: string): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (_, plain?: string, braced?: string) => process.env[plain ?? braced ?? ''] ?? '',
  );
}

function debian({ AwsS3Storage, OrthancExplorer2: _, ...settings }: Json): Json {
  const { OverwriteInstances } = settings;
  if (AwsS3Storage === undefined) throw new Error('AwsS3Storage: nothing says where images go');
  const { RootPath = '' } = AwsS3Storage as { RootPath?: string };
  const plugins = ['PostgreSQLIndex', 'DicomWeb'];
  return {
    ...settings,
    OverwriteInstances: OverwriteInstances === 'Always' || OverwriteInstances === 'IfChanged',
    StorageDirectory: `/lab/bucket/${RootPath}`,
    IndexDirectory: '/var/lib/orthanc/db',
    Plugins: plugins.map((name) => `/usr/share/orthanc/plugins/libOrthanc${name}.so`),
  };
}
