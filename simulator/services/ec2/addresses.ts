import ipaddr from 'ipaddr.js';
import type { Resource } from '../../template.ts';
import type { Instance } from './instance.ts';

/**
 * Ranges that no host on the Internet has: https://www.rfc-editor.org/rfc/rfc5737
 * Elastic addresses of a neighbour come from a range of their own, so that no two sites share one.
 */
const ELASTIC = '203.0.113';
const ELASTIC_OF_NEIGHBOURS = '192.0.2';
const LENT = '198.51.100';
const HIGHEST = 250;

/** An address that a site keeps: the same in every run, and another for each of the stack. */
export function elasticAddress(resource: Resource): string {
  const range = resource.stack.prefix ? ELASTIC_OF_NEIGHBOURS : ELASTIC;
  const taken = new Set<number>();
  for (const one of resource.stack.resources.values()) {
    if (one.type !== resource.type) continue;
    const drawn = (Number.parseInt(one.fingerprint(2), 16) % HIGHEST) + 1;
    const number = firstFree(drawn, (other) => taken.has(other));
    if (one === resource) return `${range}.${number}`;
    taken.add(number);
  }
  throw new Error(`${resource.where} is not in its stack`);
}

/** An address that EC2 lends from now on: none that anybody has, nor the one this one had last. */
export function lentAddress(instance: Instance, all: readonly Instance[]): string {
  const { world } = instance.site;
  const drawn = world.chance(`address ${instance.id}`).between(1, HIGHEST);
  const isTaken = (number: number) => {
    const address = `${LENT}.${number}`;
    return address === instance.last?.address || all.some((one) => one.address === address);
  };
  return `${LENT}.${firstFree(drawn, isTaken)}`;
}

/** AWS keeps the first four addresses of a subnet: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const KEPT = 4;

/** The address of an instance in its subnet, for as long as it is there: none that another one has. */
export function privateAddress(
  instance: Resource,
  subnet: Resource,
  taken: readonly string[],
): string {
  const [base, prefix] = ipaddr.IPv4.parseCIDR(subnet.text('CidrBlock'));
  const [, , , last = 0] = base.octets;
  // The last one is kept, too. No subnet of ours needs more than the last part of an address.
  const highest = Math.min(2 ** (32 - prefix), 256) - 2 - KEPT;
  const at = (number: number) => [...base.octets.slice(0, 3), last + KEPT + number - 1].join('.');
  const drawn = (Number.parseInt(instance.fingerprint(2), 16) % highest) + 1;
  let number = drawn;
  while (taken.includes(at(number))) number = (number % highest) + 1;
  return at(number);
}

function firstFree(drawn: number, isTaken: (number: number) => boolean): number {
  let number = drawn;
  while (isTaken(number)) number = (number % HIGHEST) + 1;
  return number;
}

/** The private name of an address, likewise. */
export function privateName(region: string, address: string): string {
  const zone = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return `ip-${address.replaceAll('.', '-')}.${zone}`;
}

/** The public name of an address: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
export function publicName(region: string, address: string): string {
  const zone = region === 'us-east-1' ? 'compute-1' : `${region}.compute`;
  return `ec2-${address.replaceAll('.', '-')}.${zone}.amazonaws.com`;
}
