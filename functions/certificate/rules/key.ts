import { PROFILE } from '../profile.ts';
import { ACM, APPLE, CA_B, type Read, type Rule } from './rule.ts';

const bits = ({ key }: Read): number | undefined => key.asymmetricKeyDetails?.modulusLength;

/** The public key of a leaf. */
export const KEY_RULES: readonly Rule[] = [
  {
    id: 'key-rsa',
    says: 'Its key is RSA: devices with the older TLS profiles of DICOM take no other.',
    source: 'https://support.dcmtk.org/docs/file_ciphers.html',
    breaks: ({ leaf }) => leaf.key.asymmetricKeyType !== 'rsa',
  },
  {
    id: 'key-of-authority-kind',
    says: 'Its key is of the kind of the authority’s key: ACM imports no other.',
    source: ACM,
    breaks: ({ leaf, authority }) => leaf.key.asymmetricKeyType !== authority.key.asymmetricKeyType,
  },
  {
    id: 'key-2048',
    says: 'Its RSA key has at least 2048 bits.',
    source: APPLE,
    breaks: ({ leaf }) => (bits(leaf) ?? Number.POSITIVE_INFINITY) < PROFILE.leaf.rsaBits.least,
  },
  {
    id: 'key-size-of-acm',
    says: 'Its RSA key has a size that ACM takes: 1024, 2048, 3072 or 4096 bits.',
    source: ACM,
    breaks: ({ leaf }) => ![undefined, 1024, 2048, 3072, 4096].includes(bits(leaf)),
  },
  {
    id: 'key-exponent',
    says: 'The exponent of its RSA key is 65537.',
    source: CA_B,
    breaks: ({ leaf: { key } }) =>
      (key.asymmetricKeyDetails?.publicExponent ?? PROFILE.leaf.exponent) !== PROFILE.leaf.exponent,
  },
  {
    id: 'key-matches',
    says: 'It is for the key that the host holds: nginx starts with no other pair.',
    source: 'https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key',
    breaks: ({ leaf, publicKey }) => publicKey !== undefined && !leaf.key.equals(publicKey),
  },
  {
    id: 'key-not-of-authority',
    says: 'It is for a key of its own, not for that of the authority.',
    source: CA_B,
    breaks: ({ leaf, authority }) => leaf.key.equals(authority.key),
  },
];
