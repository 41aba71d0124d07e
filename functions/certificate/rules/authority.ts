import {
  BasicConstraints,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
} from '@peculiar/asn1-x509';
import { contentOf, extensionOf, PROFILE_PAGE, RFC5280, type Rule } from './rule.ts';

/** The authority above a leaf: devices trust it, so it is the whole chain. */
export const AUTHORITY_RULES: readonly Rule[] = [
  {
    id: 'authority-is-one',
    says: 'The authority says that it is one, and marks that as critical.',
    source: `${RFC5280}#section-4.2.1.9`,
    breaks: ({ authority }) =>
      !extensionOf(authority, id_ce_basicConstraints)?.critical ||
      contentOf(authority, id_ce_basicConstraints, BasicConstraints)?.cA !== true,
  },
  {
    id: 'authority-signs-leaves',
    says: 'The authority’s key may sign certificates.',
    source: `${RFC5280}#section-4.2.1.3`,
    breaks: ({ authority }) =>
      !contentOf(authority, id_ce_keyUsage, KeyUsage)?.toJSON().includes('keyCertSign'),
  },
  {
    id: 'authority-over-leaves-alone',
    says: 'The authority vouches for no authority beneath it: its path length is 0.',
    source: PROFILE_PAGE,
    breaks: ({ authority }) =>
      contentOf(authority, id_ce_basicConstraints, BasicConstraints)?.pathLenConstraint !== 0,
  },
  {
    id: 'authority-named-by-key',
    says: 'The authority has the identifier of its key.',
    source: `${RFC5280}#section-4.2.1.2`,
    breaks: ({ authority }) => !extensionOf(authority, id_ce_subjectKeyIdentifier),
  },
  {
    id: 'authority-signed-itself',
    says: 'The authority is signed with its own key: there is none above it.',
    source: PROFILE_PAGE,
    breaks: ({ authority }) => !authority.certificate.verify(authority.key),
  },
  {
    id: 'authority-key-3072',
    says: 'The authority’s key is RSA with at least 3072 bits, as it is to last ten years.',
    source: 'https://doi.org/10.6028/NIST.SP.800-57pt1r5',
    breaks: ({ authority }) => (authority.key.asymmetricKeyDetails?.modulusLength ?? 0) < 3072,
  },
  {
    id: 'authority-begun',
    says: 'The authority has begun.',
    source: `${RFC5280}#section-6.1.3`,
    breaks: ({ authority, now }) => new Date(authority.certificate.validFrom) > now,
  },
];
