import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate } from '@peculiar/asn1-x509';
import { AUTHORITY_RULES } from './rules/authority.ts';
import { EXTENSION_RULES } from './rules/extensions.ts';
import { FRAME_RULES } from './rules/frame.ts';
import { KEY_RULES } from './rules/key.ts';
import { NAME_RULES } from './rules/names.ts';
import type { Read, Rule } from './rules/rule.ts';
import { VALIDITY_RULES } from './rules/validity.ts';

/** What is linted; certificates in DER. */
export interface Linted {
  readonly leaf: Uint8Array;
  /** The authority that is to have signed it: the whole chain above a leaf is one certificate. */
  readonly authority: Uint8Array;
  /** The key that the leaf is to be for, where it is known. */
  readonly publicKey?: KeyObject;
  /** The names and addresses that it is to hold, no more and no fewer, where they are known. */
  readonly names?: readonly string[];
  readonly now: Date;
}

const READABLE: Omit<Rule, 'breaks'> = {
  id: 'readable',
  says: 'Leaf and authority are X.509 certificates in DER, with nothing after their end.',
  source: 'https://www.rfc-editor.org/rfc/rfc5280#section-4.1',
};

const CHECKED: readonly Rule[] = [
  ...FRAME_RULES,
  ...KEY_RULES,
  ...VALIDITY_RULES,
  ...NAME_RULES,
  ...EXTENSION_RULES,
  ...AUTHORITY_RULES,
];

/** Every rule that a leaf is held against. */
export const RULES: readonly Omit<Rule, 'breaks'>[] = [READABLE, ...CHECKED];

/**
 * The rules that a leaf breaks, in their order; none if it is as it should be. What cannot be read
 * breaks just the rule that it can be.
 */
export function lint(linted: Linted): Omit<Rule, 'breaks'>[] {
  const [leaf, authority] = [read(linted.leaf), read(linted.authority)];
  if (!leaf || !authority) return [READABLE];
  const pair = { ...linted, leaf, authority };
  return CHECKED.filter(({ breaks }) => breaks(pair));
}

function read(der: Uint8Array): Read | undefined {
  try {
    const signed = AsnConvert.parse(der, Certificate);
    const certificate = new X509Certificate(der);
    const info = Buffer.from(AsnConvert.serialize(signed.tbsCertificate.subjectPublicKeyInfo));
    const key = createPublicKey({ key: info, format: 'der', type: 'spki' });
    // OpenSSL stops reading where a certificate ends.
    return certificate.raw.length === der.length ? { certificate, signed, key } : undefined;
  } catch {
    return undefined;
  }
}
