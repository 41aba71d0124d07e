import { z } from 'zod';
import type { Problem } from '../../functions/power/schedule-input.ts';
import { isPrivate, overlap, prefixOf, range, size, sizeInOrder } from './cidr.ts';
import { distinct } from './distinct.ts';

const ENDPOINTS = [
  'kms',
  'secretsmanager',
  'ec2',
  'ssm',
  'ssmmessages',
  'ec2messages',
  'logs',
  'monitoring',
  'sts',
  'rds',
  'states',
  'sns',
] as const;

type Endpoint = (typeof ENDPOINTS)[number];
type Preset = 'none' | 'secrets' | 'management';

/** Short for the services that belong together; `management` is all that hosts call but S3. */
export const PRESETS: Readonly<Record<Preset, readonly Endpoint[]>> = {
  none: [],
  secrets: ['kms', 'secretsmanager'],
  management: ['kms', 'secretsmanager', 'ssm', 'ssmmessages', 'sts', 'logs'],
};

/** Docker's own default network on each host: a VPC over it would hide the database from them. */
const DOCKER_DEFAULT = '172.17.0.0/16';
/** Addresses are set aside for a third zone, so that adding it moves no subnet. */
const ZONES = 3;

export const network = z
  .strictObject({
    cidr: range
      .describe(
        'The private IPv4 range of the VPC, /16 to /24, such as "10.42.0.0/16". It must not ' +
          'overlap the networks you connect from, and is there for good: hosts and database do not move.',
      )
      .default('10.42.0.0/16'),
    publicPrefix: z
      .int()
      .describe(
        'The prefix length of each public subnet, where the hosts live: 24 is 256 addresses, ' +
          'five of them kept by AWS.',
      )
      .default(24),
    privatePrefix: z
      .int()
      .describe(
        'The prefix length of each private subnet, where the database lives: 22 is 1024 ' +
          'addresses, five of them kept by AWS.',
      )
      .default(22),
    containers: range
      .describe(
        'The private IPv4 range, /24 or larger, for networks of containers on each host. It ' +
          'never leaves the host, but whoever has an address in it cannot reach the site.',
      )
      .default('192.168.240.0/20'),
    endpoints: z
      .custom<Preset | readonly Endpoint[]>()
      .describe(
        // $0.01 an hour in each zone, 730 hours: https://aws.amazon.com/privatelink/pricing/
        'AWS services reached privately instead of over the Internet, at prices of us-east-1: ' +
          '"none" for $0, "secrets" for $29.20 a month in two zones or $43.80 in three, ' +
          `"management" for $87.60 or $131.40, or a list of ${ENDPOINTS.join(', ')}, each for ` +
          '$14.60 or $21.90. Each GB through them costs $0.01 more.',
      )
      .transform((choice) => PRESETS[choice as Preset] ?? choice)
      .pipe(z.array(z.enum(ENDPOINTS)).refine(distinct, 'names one twice. Write each once.'))
      .default([]),
  })
  .describe('A group of the addresses of the site itself.')
  .prefault({});

export type Network = z.output<typeof network>;

/** What is wrong with the site's own addresses, each of which is valid by itself. */
export function networkProblems(network: Network): Problem[] {
  return [...vpcProblems(network), ...subnetProblems(network), ...containerProblems(network)];
}

function vpcProblems({ cidr }: Network): Problem[] {
  const refuse = (remedy: string) => [{ field: 'network.cidr', value: `"${cidr}"`, remedy }];
  if (!isPrivate(cidr)) {
    return refuse(
      'is not private. Write a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.',
    );
  }
  if (prefixOf(cidr) < 16 || prefixOf(cidr) > 24) {
    return refuse(
      'is not of a size that AWS and three zones allow. Write a prefix from /16 to /24.',
    );
  }
  if (overlap(cidr, DOCKER_DEFAULT)) {
    return refuse(
      `overlaps ${DOCKER_DEFAULT}, Docker's own network on the hosts. Write a range outside it.`,
    );
  }
  return [];
}

function subnetProblems({ cidr, publicPrefix, privatePrefix }: Network): Problem[] {
  const vpc = prefixOf(cidr);
  const outside = Object.entries({ publicPrefix, privatePrefix })
    .filter(([, prefix]) => prefix < vpc || prefix > 28)
    .map(([name, prefix]) => ({
      field: `network.${name}`,
      value: String(prefix),
      remedy: `is no size for a subnet of ${cidr}. Write a prefix length from ${vpc} to 28.`,
    }));
  if (outside.length > 0) return outside;

  const zones = Array.from({ length: ZONES });
  const needed = sizeInOrder([...zones.map(() => publicPrefix), ...zones.map(() => privatePrefix)]);
  if (needed <= size(vpc)) return [];
  const remedy =
    `has ${size(vpc)} addresses, but ${ZONES} public subnets of ${size(publicPrefix)} and ` +
    `${ZONES} private ones of ${size(privatePrefix)} take ${needed} (a third zone is set aside ` +
    `even if you use two). Write a larger range, or longer publicPrefix and privatePrefix.`;
  return [{ field: 'network.cidr', value: `"${cidr}"`, remedy }];
}

function containerProblems({ containers, cidr }: Network): Problem[] {
  const refuse = (remedy: string) => [
    { field: 'network.containers', value: `"${containers}"`, remedy },
  ];
  if (!isPrivate(containers)) {
    return refuse(
      'is not private. Write a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.',
    );
  }
  if (prefixOf(containers) > 24) {
    return refuse(
      `has ${size(prefixOf(containers))} addresses, too few for networks of containers. Write a prefix of /24 or shorter.`,
    );
  }
  if (overlap(containers, cidr)) {
    return refuse(
      `overlaps network.cidr ${cidr}: hosts could not reach the database. Write a range outside it.`,
    );
  }
  return [];
}
