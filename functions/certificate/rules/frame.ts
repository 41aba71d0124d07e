import { Version } from '@peculiar/asn1-x509';
import { APPLE, bytes, CA_B, type Pair, PROFILE_PAGE, RFC5280, type Rule } from './rule.ts';

/** ecdsa-with-SHA256, 384 and 512 (RFC 5758), and the same with RSA (RFC 4055). */
const SHA2 = /^1\.2\.840\.(10045\.4\.3\.[234]|113549\.1\.1\.1[123])$/;

const serial = ({ leaf }: Pair): Buffer => Buffer.from(leaf.signed.tbsCertificate.serialNumber);

/** What surrounds the content of a certificate: version, serial, signature, issuer. */
export const FRAME_RULES: readonly Rule[] = [
  {
    id: 'version-3',
    says: 'It is of version 3.',
    source: `${RFC5280}#section-4.1.2.1`,
    breaks: ({ leaf }) => leaf.signed.tbsCertificate.version !== Version.v3,
  },
  {
    id: 'serial-positive',
    says: 'Its serial number is positive.',
    source: `${RFC5280}#section-4.1.2.2`,
    breaks: (pair) => serial(pair).readInt8(0) < 0 || serial(pair).every((byte) => byte === 0),
  },
  {
    id: 'serial-short-enough',
    says: 'Its serial number has at most 20 bytes.',
    source: `${RFC5280}#section-4.1.2.2`,
    breaks: (pair) => serial(pair).length > 20,
  },
  {
    id: 'serial-long-enough',
    says: 'Its serial number has room for 64 bits of chance.',
    source: CA_B,
    breaks: (pair) => serial(pair).length < 8,
  },
  {
    id: 'signature-named-once',
    says: 'Both places that name the algorithm of its signature name the same one.',
    source: `${RFC5280}#section-4.1.1.2`,
    breaks: ({ leaf: { signed } }) =>
      !bytes(signed.signatureAlgorithm).equals(bytes(signed.tbsCertificate.signature)),
  },
  {
    id: 'signature-sha-2',
    says: 'It is signed with a hash of the SHA-2 family.',
    source: APPLE,
    breaks: ({ leaf }) => !SHA2.test(leaf.signed.signatureAlgorithm.algorithm),
  },
  {
    id: 'signed-by-authority',
    says: 'The key of the authority has signed it.',
    source: `${RFC5280}#section-6.1.3`,
    breaks: ({ leaf, authority }) => !leaf.certificate.verify(authority.key),
  },
  {
    id: 'issuer-is-authority',
    says: 'It names the authority as its issuer, to the byte.',
    source: `${RFC5280}#section-6.1.3`,
    breaks: ({ leaf, authority }) =>
      !bytes(leaf.signed.tbsCertificate.issuer).equals(
        bytes(authority.signed.tbsCertificate.subject),
      ),
  },
  {
    id: 'fits-command',
    says: 'In base64 it fits the parameter of the command that installs it: 4,000 characters.',
    source: PROFILE_PAGE,
    breaks: ({ leaf }) => leaf.certificate.raw.toString('base64').replace(/=+$/, '').length > 4000,
  },
];
