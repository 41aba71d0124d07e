import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { isDnsName } from '../names.ts';
import { PROFILE } from '../profile.ts';
import {
  APPLE,
  alternativesOf,
  CA_B,
  CLIENT_VPN,
  type Pair,
  PROFILE_PAGE,
  RFC5280,
  type Rule,
} from './rule.ts';

const COMMON_NAME = '2.5.4.3';

const commonNames = ({ leaf }: Pair): string[] =>
  leaf.signed.tbsCertificate.subject
    .flatMap((set) => [...set])
    .filter(({ type }) => type === COMMON_NAME)
    .map(({ value }) => value.toString());

const dnsNames = ({ leaf }: Pair): string[] =>
  alternativesOf(leaf).flatMap(({ dNSName }) => dNSName ?? []);
const addresses = ({ leaf }: Pair): string[] =>
  alternativesOf(leaf).flatMap(({ iPAddress }) => iPAddress ?? []);
const names = (pair: Pair): string[] => [...dnsNames(pair), ...addresses(pair)];

/** Whom a leaf is for. */
export const NAME_RULES: readonly Rule[] = [
  {
    id: 'common-name',
    says: 'Its subject has one common name: AWS Client VPN takes none without.',
    source: CLIENT_VPN,
    breaks: (pair) => commonNames(pair).length !== 1,
  },
  {
    id: 'common-name-length',
    says: 'Its common name has at most 64 characters.',
    source: `${RFC5280}#appendix-A.1`,
    breaks: (pair) => commonNames(pair).some((name) => name.length > PROFILE.commonNameLength),
  },
  {
    id: 'common-name-also-alternative',
    says: 'A common name that is a host’s name or an address is among the alternative names, too.',
    source: CA_B,
    breaks: (pair) =>
      commonNames(pair)
        .filter((name) => isIP(name) !== 0 || name.includes('.'))
        .some((name) => !names(pair).includes(name)),
  },
  {
    id: 'dns-name',
    says: 'Its alternative names hold a DNS name.',
    source: APPLE,
    breaks: (pair) => dnsNames(pair).length === 0,
  },
  {
    id: 'names-as-expected',
    says: 'It is for the names and addresses that EC2 knows, no more and no fewer.',
    source: PROFILE_PAGE,
    breaks: (pair) =>
      pair.names !== undefined && !isDeepStrictEqual(new Set(pair.names), new Set(names(pair))),
  },
  {
    id: 'names-once',
    says: 'It has each of its names once.',
    source: CA_B,
    breaks: (pair) => new Set(names(pair)).size < names(pair).length,
  },
  {
    id: 'names-at-most-100',
    says: 'It has at most 100 names: ACM takes no more.',
    source: 'https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html',
    breaks: (pair) => names(pair).length > PROFILE.leaf.names,
  },
  {
    id: 'dns-names-well-formed',
    says: 'Its DNS names are names of hosts, without a wildcard.',
    source: `${RFC5280}#section-4.2.1.6`,
    breaks: (pair) => dnsNames(pair).some((name) => !isDnsName(name)),
  },
  {
    id: 'addresses-well-formed',
    says: 'Its addresses have 4 or 16 bytes.',
    source: `${RFC5280}#section-4.2.1.6`,
    breaks: (pair) => addresses(pair).some((address) => isIP(address) === 0),
  },
  {
    id: 'addresses-as-addresses',
    says: 'Its addresses are not written as DNS names.',
    source: CA_B,
    breaks: (pair) => dnsNames(pair).some((name) => isIP(name) !== 0),
  },
  {
    id: 'names-of-hosts-alone',
    says: 'Its alternative names hold DNS names and addresses, and nothing else.',
    source: CA_B,
    breaks: ({ leaf }) =>
      alternativesOf(leaf).some(
        ({ dNSName, iPAddress }) => dNSName === undefined && iPAddress === undefined,
      ),
  },
];
