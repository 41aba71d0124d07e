import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** Ranges for networks of one's own (RFC 1918): never routed on the Internet. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** One IPv4 range, such as `203.0.113.0/24`. */
export const range = z.string().refine((text) => refusalOfRange(text) === undefined, {
  error: ({ input }) => refusalOfRange(String(input)),
});

/** Why a text is no IPv4 range in CIDR notation, and what to write; undefined if it is one. */
function refusalOfRange(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return `has no prefix length. Write ${text}/32 for this one address.`;
  }
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) {
    return 'is no IPv4 range. Write one in CIDR notation, such as 203.0.113.0/24.';
  }
  const canonical = `${ipaddr.IPv4.networkAddressFromCIDR(text)}/${prefixOf(text)}`;
  return text === canonical ? undefined : `does not begin its range. Write ${canonical}.`;
}

export function prefixOf(range: string): number {
  return ipaddr.IPv4.parseCIDR(range)[1];
}

export function overlap(one: string, other: string): boolean {
  const [address] = ipaddr.IPv4.parseCIDR(one);
  const [base] = ipaddr.IPv4.parseCIDR(other);
  return address.match(base, Math.min(prefixOf(one), prefixOf(other)));
}

export function isPrivate(range: string): boolean {
  return PRIVATE.some((own) => overlap(own, range) && prefixOf(range) >= prefixOf(own));
}

/** How many addresses a range of this prefix length has. */
export function size(prefix: number): number {
  return 2 ** (32 - prefix);
}

/** Addresses that ranges take when laid out in this order, each at a multiple of its own size. */
export function sizeInOrder(prefixes: readonly number[]): number {
  return prefixes.reduce((end, prefix) => Math.ceil(end / size(prefix) + 1) * size(prefix), 0);
}
