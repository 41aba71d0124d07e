import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { HOST_BUNDLE } from './host-bundle.ts';

/**
 * Docker Compose for x86, by the checksum that the Docker Official Image `docker` 29 has for it.
 * https://github.com/docker-library/docker/blob/master/29/cli/Dockerfile
 */
const COMPOSE = {
  version: '5.1.4',
  sha256: '33b208d7e76639db742fae84b966cc01dacae58ca3fc4dabbc907045aefdf0c4',
} as const;

/** What a host's scripts know of their site; each becomes a line of `/opt/orthweb/site.env`. */
export interface HostSettings {
  /** Name of the site. */
  readonly site: string;
  readonly node: 'a' | 'b';
  readonly region: string;
  /** The stack, and in it the instance, whose creation waits until this host serves. */
  readonly stack: string;
  readonly resource: string;
  /** `s3://bucket/key` of the host bundle. */
  readonly bundle: string;
  readonly imagesBucket: string;
  /** What the name of each image in it begins with. */
  readonly imagesPrefix: string;
  /** ARN of the role whose credentials containers get. */
  readonly imagesRole: string;
  /** Receives what containers write. */
  readonly logGroup: string;
  /** Range for networks of containers, CIDR notation. */
  readonly containerNetworks: string;
  /** Host name of the database. */
  readonly database: string;
  /** ARNs of secrets: Orthanc's user of the database, the master user, who may log in to Orthanc. */
  readonly databaseSecret: string;
  readonly masterSecret: string;
  readonly usersSecret: string;
}

/**
 * What cloud-init runs at the first boot: the settings, the certificate of the authority that the
 * database's own is issued by, then `compose/host/first-boot.sh` as it stands.
 */
export function userDataOf(settings: HostSettings, databaseRoot: string): ec2.UserData {
  const lines = Object.entries({
    ...settings,
    composeVersion: COMPOSE.version,
    composeSha256: COMPOSE.sha256,
  }).map(([name, value]) => `ORTHWEB_${nameOf(name)}='${value}'`);
  const script = readFileSync(path.join(HOST_BUNDLE, 'host/first-boot.sh'), 'utf8');
  return ec2.UserData.custom(
    [
      '#!/usr/bin/env bash',
      'install -d -m 0755 /opt/orthweb',
      "cat >/opt/orthweb/site.env <<'END'",
      ...lines,
      'END',
      "cat >/opt/orthweb/database-root.pem <<'END'",
      databaseRoot.trim(),
      'END',
      script,
    ].join('\n'),
  );
}

/** `imagesBucket` is `IMAGES_BUCKET` on a host. */
const nameOf = (field: string): string => field.replace(/[A-Z]/g, '_$&').toUpperCase();
