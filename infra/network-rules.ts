import type { Problem } from '../functions/power/schedule-input.ts';
import { isPrivate, overlap, prefixOf, size, sizeInOrder } from './cidr.ts';

interface Addresses {
  readonly network: {
    readonly cidr: string;
    readonly publicPrefix: number;
    readonly privatePrefix: number;
    readonly containers: string;
  };
  readonly clients: {
    readonly web: readonly string[];
    readonly dicom: readonly string[];
    readonly openToTheWorld?: string | undefined;
  };
}

/** Docker's own default network on each host: a VPC over it would hide the database from them. */
const DOCKER_DEFAULT = '172.17.0.0/16';
/** No single organization's range is larger than a `/8`. */
const LARGEST_PREFIX = 8;
/** Addresses are set aside for a third zone, so that adding it moves no subnet. */
const ZONES = 3;

/** What is wrong with a site's address ranges, each of which is valid by itself. */
export function networkProblems({ network, clients }: Addresses): Problem[] {
  return [
    ...vpcProblems(network),
    ...subnetProblems(network),
    ...containerProblems(network),
    ...clientProblems('web', clients.web, network),
    ...clientProblems('dicom', clients.dicom, network),
    ...openProblems(clients),
  ];
}

function vpcProblems({ cidr }: Addresses['network']): Problem[] {
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

function subnetProblems({ cidr, publicPrefix, privatePrefix }: Addresses['network']): Problem[] {
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

function containerProblems({ containers, cidr }: Addresses['network']): Problem[] {
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

function clientProblems(
  list: 'web' | 'dicom',
  ranges: readonly string[],
  { cidr, containers }: Addresses['network'],
): Problem[] {
  return ranges.flatMap((range, index) => {
    const problem = (remedy: string) => ({
      field: `clients.${list}[${index}]`,
      value: `"${range}"`,
      remedy,
    });
    const twin = ranges.slice(0, index).find((earlier) => overlap(earlier, range));
    const inside = isOpen(range)
      ? []
      : Object.entries({ cidr, containers }).filter(([, own]) => overlap(own, range));
    return [
      ...(twin === undefined
        ? []
        : [problem(`overlaps ${twin} in the same list. Keep the larger one.`)]),
      ...inside.map(([name, own]) =>
        problem(
          `overlaps network.${name} ${own}: answers would never leave the host. Change one of them.`,
        ),
      ),
    ];
  });
}

function openProblems({ web, dicom, openToTheWorld }: Addresses['clients']): Problem[] {
  const open = Object.entries({ web, dicom }).flatMap(([list, ranges]) =>
    ranges.flatMap((range, index) =>
      isOpen(range) ? [{ field: `clients.${list}[${index}]`, value: `"${range}"` }] : [],
    ),
  );
  if (openToTheWorld === undefined) {
    const remedy =
      'lets most of the world try to reach images of patients. Write the ranges of your clients, ' +
      'or say in clients.openToTheWorld why it must be so.';
    return open.map((range) => ({ ...range, remedy }));
  }
  if (open.length > 0) return [];
  const remedy = `acknowledges a range that is not there. Remove it: no client range is shorter than /${LARGEST_PREFIX}.`;
  return [{ field: 'clients.openToTheWorld', value: `"${openToTheWorld}"`, remedy }];
}

const isOpen = (range: string): boolean => prefixOf(range) < LARGEST_PREFIX;
