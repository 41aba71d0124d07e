import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyUsage,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import { keyIdentifier } from '../x509.ts';
import {
  ACM,
  APPLE,
  CA_B,
  contentOf,
  extensionOf,
  extensionsOf,
  type Pair,
  PROFILE_PAGE,
  type Read,
  RFC5280,
  type Rule,
} from './rule.ts';

const IDENTIFIERS = [id_ce_subjectKeyIdentifier, id_ce_authorityKeyIdentifier];
/** What a client that knows no other extension must understand. */
const MAY_BE_CRITICAL = [id_ce_basicConstraints, id_ce_keyUsage];

const usages = ({ leaf }: Pair): string[] | undefined =>
  contentOf(leaf, id_ce_keyUsage, KeyUsage)?.toJSON();
const purposes = ({ leaf }: Pair): string[] => [
  ...(contentOf(leaf, id_ce_extKeyUsage, ExtendedKeyUsage) ?? []),
];

/** Whether an identifier, where there is one, names another key. */
const names = (identifier: ArrayBuffer | undefined, { key }: Read): boolean =>
  identifier !== undefined &&
  Buffer.from(identifier).equals(Buffer.from(keyIdentifier(key).buffer));

/** What a leaf may be used for, and whose it is. */
export const EXTENSION_RULES: readonly Rule[] = [
  {
    id: 'extensions-once',
    says: 'It has each of its extensions once.',
    source: `${RFC5280}#section-4.2`,
    breaks: ({ leaf }) =>
      new Set(extensionsOf(leaf).map(({ extnID }) => extnID)).size < extensionsOf(leaf).length,
  },
  {
    id: 'critical-known',
    says: 'Only what every client understands is marked as critical.',
    source: `${RFC5280}#section-4.2`,
    breaks: ({ leaf }) =>
      extensionsOf(leaf)
        .filter(({ extnID }) => !IDENTIFIERS.includes(extnID))
        .some(({ extnID, critical }) => critical && !MAY_BE_CRITICAL.includes(extnID)),
  },
  {
    id: 'identifiers-not-critical',
    says: 'The identifiers of keys are not marked as critical.',
    source: `${RFC5280}#section-4.2.1.1`,
    breaks: ({ leaf }) => IDENTIFIERS.some((id) => extensionOf(leaf, id)?.critical),
  },
  {
    id: 'constraints-critical',
    says: 'It says whether it is an authority, and marks that as critical.',
    source: `${RFC5280}#section-4.2.1.9`,
    breaks: ({ leaf }) => !extensionOf(leaf, id_ce_basicConstraints)?.critical,
  },
  {
    id: 'no-authority',
    says: 'It is no authority.',
    source: `${RFC5280}#section-4.2.1.9`,
    breaks: ({ leaf }) => contentOf(leaf, id_ce_basicConstraints, BasicConstraints)?.cA === true,
  },
  {
    id: 'key-usage-critical',
    says: 'It says what its key is for, and marks that as critical.',
    source: `${RFC5280}#section-4.2.1.3`,
    breaks: ({ leaf }) => !extensionOf(leaf, id_ce_keyUsage)?.critical,
  },
  {
    id: 'key-usage-signs',
    says: 'Its key may sign handshakes, which TLS 1.3 needs.',
    source: 'https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.2',
    breaks: (pair) => usages(pair)?.includes('digitalSignature') === false,
  },
  {
    id: 'key-usage-enciphers',
    says: 'Its key may encipher keys: for older devices, and as ACM lets nobody add that later.',
    source: ACM,
    breaks: (pair) => usages(pair)?.includes('keyEncipherment') === false,
  },
  {
    id: 'key-usage-no-more',
    says: 'Its key may do nothing else.',
    source: CA_B,
    breaks: (pair) =>
      usages(pair)?.some((use) => !['digitalSignature', 'keyEncipherment'].includes(use)) === true,
  },
  {
    id: 'purpose-server',
    says: 'It is for a TLS server, by its extended key usage.',
    source: APPLE,
    breaks: (pair) => !purposes(pair).includes(id_kp_serverAuth),
  },
  {
    id: 'purpose-no-more',
    says: 'It is for nothing but a TLS server.',
    source: PROFILE_PAGE,
    breaks: (pair) => purposes(pair).some((purpose) => purpose !== id_kp_serverAuth),
  },
  {
    id: 'names-its-key',
    says: 'It has the identifier of its own key.',
    source: `${RFC5280}#section-4.2.1.2`,
    breaks: ({ leaf }) =>
      !names(contentOf(leaf, id_ce_subjectKeyIdentifier, SubjectKeyIdentifier)?.buffer, leaf),
  },
  {
    id: 'names-authority-key',
    says: 'It has the identifier of the authority’s key.',
    source: `${RFC5280}#section-4.2.1.1`,
    breaks: ({ leaf, authority }) => {
      const found = contentOf(leaf, id_ce_authorityKeyIdentifier, AuthorityKeyIdentifier);
      return !names(found?.keyIdentifier?.buffer, authority);
    },
  },
  {
    id: 'authority-by-key-alone',
    says: 'It names the authority by its key alone: one that is signed anew has another serial.',
    source: PROFILE_PAGE,
    breaks: ({ leaf }) => {
      const found = contentOf(leaf, id_ce_authorityKeyIdentifier, AuthorityKeyIdentifier);
      return (
        found?.authorityCertIssuer !== undefined || found?.authorityCertSerialNumber !== undefined
      );
    },
  },
];
