/** How the lab is not what it stands for. */
export interface Difference {
  readonly what: string;
  readonly why: string;
  /** What the lab does about it, when a container starts; the bundle stays as it is. */
  readonly how: string;
}

/** A program of Debian that stands for what an image brings. */
export interface Image extends Difference {
  /** What the image's name begins with. */
  readonly name: string;
  /** What comes before a service's command: the image's entry point. */
  readonly entry: readonly string[];
  /** Bash that fits the container's root, in the working directory, to the program. */
  readonly fit: string;
}

const LAB = '/mnt/repository/simulator/lab';

export const IMAGES: readonly Image[] = [
  {
    name: 'nginx:',
    what: 'nginx 1.22 of Debian instead of 1.29',
    why: 'images cannot be fetched everywhere tests run',
    how:
      'its stream module is loaded by a file in /etc/orthweb/modules; resolver, resolve, zone and ' +
      '`http2 on` are taken out of the files in /etc/orthweb/upstreams, so the web is HTTP/1.1',
    entry: [],
    fit: `
if [[ -d etc/orthweb/modules && -d etc/orthweb/upstreams ]]; then
  mkdir lab/modules lab/upstreams
  echo 'load_module /usr/lib/nginx/modules/ngx_stream_module.so;' >lab/modules/stream.conf
  for file in etc/orthweb/upstreams/*.conf; do
    sed -E '/^ *(resolver |zone |http2 on;)/d; s/^( *server .*) resolve\\b/\\1/' "$file" >"lab/upstreams/\${file##*/}"
  done
  mount --bind lab/modules etc/orthweb/modules
  mount --bind lab/upstreams etc/orthweb/upstreams
fi`,
  },
  {
    name: 'orthancteam/orthanc:',
    what: 'Orthanc 1.10 of Debian with its PostgreSQL 4.0 and DICOMweb 1.7 plugins instead of 1.13',
    why: 'images cannot be fetched everywhere tests run',
    how:
      "the image's entry point is stood in for: it merges /etc/orthanc/*.json and " +
      '/run/secrets/*.json into /tmp/orthanc.json; OverwriteInstances becomes true or false; the ' +
      'bucket is a folder that both hosts share; Orthanc Explorer 2 and the Stone viewer are absent; ' +
      'DICOMweb knows no PublicRoot, so /orthanc is missing in the addresses that it gives out',
    entry: ['/usr/bin/bash', '/lab/entry.sh'],
    fit: `
mkdir lab/source lab/bucket
touch lab/node
mount --bind ${LAB}/orthanc lab/source
cp ${LAB}/orthanc/entry.sh lab/entry.sh
mount --bind /mnt/node lab/node
mount --bind /mnt/bucket lab/bucket`,
  },
];

/** What no host of the lab has, and no test on it can tell. */
export const NOT_COVERED: readonly Difference[] = [
  {
    what: "S3, and Orthanc's plugin for it",
    why: 'there is no S3 without AWS',
    how: 'images lie in a folder; credentials for them are given out and checked for `aws` only',
  },
  {
    what: 'RDS: failover, restore, PostgreSQL 17',
    why: 'Debian has PostgreSQL 15',
    how: 'parameters, TLS and rights of the master user are as on RDS',
  },
  {
    what: 'bridge networks and published ports of Docker',
    why: 'they are made by Docker itself',
    how:
      "containers share their host's network: what listens in one can be reached from outside, " +
      'and sees the addresses of clients',
  },
  {
    what: 'cgroups: limits of processes',
    why: 'no engine to set them',
    how: 'pids_limit is read and has no effect',
  },
  {
    what: 'names from a name server',
    why: 'the lab has none',
    how: 'each host and container has them in /etc/hosts',
  },
  {
    what: "what is AWS's on a host: metadata service, SSM's agent, EBS, the kernel",
    why: 'they come with EC2',
    how:
      'documents are run as the agent runs them; a disk is memory that stays, so a lost power loses ' +
      'nothing that was not synced; a boot is a new init',
  },
  {
    what: 'the packages of Amazon Linux',
    why: 'the lab runs on Debian',
    how: 'scripts find bash, jq, curl, openssl, psql and coreutils of Debian',
  },
  {
    what: 'the time of a play',
    why: 'hosts have the true one',
    how:
      'what a play issues is dated anew for its hosts, and signed again by the same key; in what ' +
      'they say of it stands what was issued',
  },
];

/** All of it, one line each. */
export const differences = (): string[] =>
  [...IMAGES, ...NOT_COVERED].map(({ what, why, how }) => `${what} (${why}): ${how}`);

/** The program that stands for an image. */
export function imageOf(reference: string): Image {
  const image = IMAGES.find(({ name }) => reference.startsWith(name));
  if (!image) throw new Error(`image ${reference}: nothing in the lab stands for it`);
  return image;
}
