import type { KeyObject, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  type Certificate,
  type Extension,
  id_ce_subjectAltName,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';

/** A certificate, as two libraries read it. */
export interface Read {
  readonly certificate: X509Certificate;
  readonly signed: Certificate;
  readonly key: KeyObject;
}

/** A leaf with what it is held against. */
export interface Pair {
  readonly leaf: Read;
  readonly authority: Read;
  readonly publicKey?: KeyObject;
  readonly names?: readonly string[];
  readonly now: Date;
}

/** What a certificate has to keep to. */
export interface Rule {
  readonly id: string;
  /** One sentence for the operator: what holds of a certificate that keeps it. */
  readonly says: string;
  /** Who says so. */
  readonly source: string;
  readonly breaks: (pair: Pair) => boolean;
}

export const RFC5280 = 'https://www.rfc-editor.org/rfc/rfc5280';
/** Requirements for trusted certificates in iOS 13 and macOS 10.15 (HT210176). */
export const APPLE = 'https://support.apple.com/103769';
/** Baseline Requirements: they bind public authorities, and are good practice for all. */
export const CA_B =
  'https://cabforum.org/working-groups/server/baseline-requirements/requirements/';
export const ACM =
  'https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html';
export const CLIENT_VPN = 'https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/mutual.html';
export const PROFILE_PAGE = 'docs/certificates.md#profile';

export const extensionsOf = ({ signed }: Read): readonly Extension[] =>
  signed.tbsCertificate.extensions ?? [];

export const extensionOf = (read: Read, id: string): Extension | undefined =>
  extensionsOf(read).find(({ extnID }) => extnID === id);

/** What an extension says; undefined if it is not there or cannot be read. */
export function contentOf<T>(read: Read, id: string, type: new () => T): T | undefined {
  const found = extensionOf(read, id);
  try {
    return found && AsnConvert.parse(found.extnValue.buffer, type);
  } catch {
    return undefined;
  }
}

/** All that a certificate is for: names and addresses, and what is neither. */
export const alternativesOf = (read: Read) => [
  ...(contentOf(read, id_ce_subjectAltName, SubjectAlternativeName) ?? []),
];

export const bytes = (value: object): Buffer => Buffer.from(AsnConvert.serialize(value));
