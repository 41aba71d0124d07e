import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  KeyUsage,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  type TBSCertificate,
  Time,
} from '@peculiar/asn1-x509';
import { authorityCertificate } from '../../../functions/certificate/authority-certificate.ts';
import type { Linted } from '../../../functions/certificate/lint.ts';
import {
  extension,
  keyIdentifier,
  publicKeyInfo,
  subject,
} from '../../../functions/certificate/x509.ts';
import { NAMES, rsaKey, testAuthority, testLeaf } from '../../support/authority.ts';
import { at } from './time.ts';

export const NOW = at('12:00');
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const NAMES_EXTENSION = '2.5.29.17';
const OWN_KEY = '2.5.29.14';
const AUTHORITY_KEY = '2.5.29.35';

const authority = await testAuthority();
const good = await testLeaf(authority, { now: NOW });

/** A leaf that is as it should be, with all that is known of it. */
export const GOOD: Linted = {
  leaf: good.raw,
  authority: authority.certificate.raw,
  publicKey: createPublicKey(rsaKey('node a')),
  names: NAMES,
  now: NOW,
};

type Change = (unsigned: TBSCertificate) => void;
interface Signing {
  readonly key?: KeyObject;
  readonly digest?: string;
  /** What the certificate says that it is signed with, outside of what is signed. */
  readonly outer?: string;
}

/** Signs a certificate that may be anything. */
function sealed(
  tbsCertificate: TBSCertificate,
  { key = authority.kms.privateKey, digest = 'sha256', outer }: Signing = {},
): Buffer {
  const algorithm = outer ?? tbsCertificate.signature.algorithm;
  const { parameters } = tbsCertificate.signature;
  const signed = new Uint8Array(AsnConvert.serialize(tbsCertificate));
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm, parameters }),
    signatureValue: Uint8Array.from(sign(digest, signed, key)).buffer,
  });
  return Buffer.from(AsnConvert.serialize(certificate));
}

/** The good leaf with something changed before it is signed. */
function leafWith(change: Change, signing?: Signing): Buffer {
  const unsigned = AsnConvert.parse(good.raw, Certificate).tbsCertificate;
  change(unsigned);
  return sealed(unsigned, signing);
}

const rekeyed = (key: KeyObject, signing?: Signing): Partial<Linted> => {
  const publicKey = createPublicKey(key);
  const leaf = leafWith((unsigned) => {
    unsigned.subjectPublicKeyInfo = publicKeyInfo(publicKey);
    replace(OWN_KEY, new SubjectKeyIdentifier(keyIdentifier(publicKey)))(unsigned);
  }, signing);
  return { leaf, publicKey };
};

/** An authority with something changed before it is signed, and a leaf of it. */
function authorityWith(
  change: Change,
  keys: { readonly key?: KeyObject; readonly signedBy?: KeyObject } = {},
): Partial<Linted> {
  const { key = authority.kms.privateKey, signedBy = key } = keys;
  const publicKey = createPublicKey(key);
  const unsigned = authorityCertificate({
    publicKey,
    site: 'clinic',
    number: 1,
    signed: at('2026-11-01T00:00'),
  });
  change(unsigned);
  const identified = replace(
    AUTHORITY_KEY,
    new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifier(publicKey) }),
  );
  return { authority: sealed(unsigned, { key: signedBy }), leaf: leafWith(identified, { key }) };
}

const swap =
  (id: string, make: (old: Extension) => readonly Extension[]): Change =>
  (unsigned) => {
    unsigned.extensions = new Extensions(
      [...(unsigned.extensions ?? [])].flatMap((one) => (one.extnID === id ? make(one) : [one])),
    );
  };
const without = (id: string): Change => swap(id, () => []);
const replace = (id: string, value: object): Change =>
  swap(id, ({ critical }) => [extension(id, value, critical)]);
const marked = (id: string, critical: boolean): Change =>
  swap(id, ({ extnValue }) => [new Extension({ extnID: id, critical, extnValue })]);
const twice = (id: string): Change => swap(id, (one) => [one, one]);

const dns = (dNSName: string): GeneralName => new GeneralName({ dNSName });
const named = (...names: readonly GeneralName[]): Change =>
  replace(NAMES_EXTENSION, new SubjectAlternativeName([...names]));
/** The good leaf with one name more, which is expected where that is not the point. */
const also = (name: GeneralName, text?: string): Partial<Linted> => {
  const old = NAMES.map((one) =>
    /^[\d.]+$/.test(one) ? new GeneralName({ iPAddress: one }) : dns(one),
  );
  return {
    leaf: leafWith(named(...old, name)),
    ...(text !== undefined && { names: [...NAMES, text] }),
  };
};

const serial =
  (hex: string): Change =>
  (unsigned) => {
    unsigned.serialNumber = Uint8Array.from(Buffer.from(hex, 'hex')).buffer;
  };
const valid =
  (from: string, to: string): Change =>
  ({ validity }) => {
    validity.notBefore = new Time(at(from));
    validity.notAfter = new Time(at(to));
  };
const called =
  (commonName: string): Change =>
  (unsigned) => {
    const [organization, name] = subject('');
    for (const { value } of name ?? []) value.utf8String = commonName;
    unsigned.subject.splice(0, 2, ...[organization ?? [], name ?? []].map((one) => one as never));
  };
const algorithm =
  (oid: string): Change =>
  (unsigned) => {
    unsigned.signature.algorithm = oid;
  };

const SHA1_WITH_RSA = '1.2.840.113549.1.1.5';
const SHA512_WITH_RSA = '1.2.840.113549.1.1.13';

/** What breaks a rule, and the further rules that it cannot help but break. */
export interface Specimen {
  readonly what: string;
  readonly linted: Partial<Linted>;
  readonly also?: readonly string[];
}

const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const exponent3 = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicExponent: 3,
}).privateKey;
const hundred = Array.from({ length: 101 }, (_, i) => `n${i}.example`);

/** For each rule what breaks it, and nothing else unless it says so. */
export const SPECIMENS: Readonly<Record<string, Specimen>> = {
  readable: {
    what: 'a byte follows its end',
    linted: { leaf: Buffer.concat([good.raw, Buffer.alloc(1)]) },
  },
  'version-3': {
    what: 'it says that it is of version 2',
    linted: {
      leaf: leafWith((unsigned) => {
        unsigned.version = 1;
      }),
    },
  },
  'serial-positive': {
    what: 'the first bit of its serial number is set',
    linted: { leaf: leafWith(serial(`80${'00'.repeat(15)}`)) },
  },
  'serial-short-enough': {
    what: 'its serial number has 21 bytes',
    linted: { leaf: leafWith(serial('7f'.repeat(21))) },
  },
  'serial-long-enough': {
    what: 'its serial number counts',
    linted: { leaf: leafWith(serial('07')) },
  },
  'signature-named-once': {
    what: 'it is signed with SHA-256 and says SHA-512 inside',
    linted: {
      leaf: leafWith(algorithm(SHA512_WITH_RSA), { outer: '1.2.840.113549.1.1.11' }),
    },
    // OpenSSL checks no signature of such a certificate.
    also: ['signed-by-authority'],
  },
  'signature-sha-2': {
    what: 'it is signed with SHA-1',
    linted: { leaf: leafWith(algorithm(SHA1_WITH_RSA), { digest: 'sha1' }) },
  },
  'signed-by-authority': {
    what: 'another key has signed it',
    linted: { leaf: leafWith(() => {}, { key: rsaKey('node b') }) },
  },
  'issuer-is-authority': {
    what: 'it names another authority of the same key',
    linted: {
      leaf: leafWith((unsigned) => {
        unsigned.issuer = subject('Orthweb clinic CA 2');
      }),
    },
  },
  'fits-command': {
    what: 'it has 40 long names',
    linted: (() => {
      const long = hundred.slice(0, 40).map((name) => `${'x'.repeat(60)}.${name}`);
      return { leaf: leafWith(named(...long.map(dns))), names: long };
    })(),
  },
  'key-rsa': {
    what: 'its key is elliptic',
    linted: rekeyed(elliptic),
    also: ['key-of-authority-kind'],
  },
  'key-of-authority-kind': {
    what: 'its key is elliptic under an authority with RSA',
    linted: rekeyed(elliptic),
    also: ['key-rsa'],
  },
  'key-2048': { what: 'its key has 1024 bits', linted: rekeyed(rsaKey('weak', 1024)) },
  'key-size-of-acm': { what: 'its key has 2304 bits', linted: rekeyed(rsaKey('odd', 2304)) },
  'key-exponent': { what: 'its key has the exponent 3', linted: rekeyed(exponent3) },
  'key-matches': {
    what: 'the host holds another key',
    linted: { publicKey: createPublicKey(rsaKey('node b')) },
  },
  'key-not-of-authority': {
    what: 'the authority has signed its own key',
    linted: rekeyed(authority.kms.privateKey),
  },
  'ends-after-it-begins': {
    what: 'it ends before it begins',
    linted: { leaf: leafWith(valid('11:00', '10:00')) },
    also: ['not-ended'],
  },
  begun: {
    what: 'it begins tomorrow',
    linted: { leaf: leafWith(valid('2026-11-24T12:00', '2027-01-01T00:00')) },
  },
  'not-ended': {
    what: 'it ended a minute ago',
    linted: { leaf: leafWith(valid('2026-10-01T00:00', '11:59')) },
  },
  'back-dated': {
    what: 'it begins when it is made',
    linted: { leaf: leafWith(valid('12:00', '2027-01-01T00:00')) },
  },
  'at-most-825-days': {
    what: 'it is good for three years',
    linted: { leaf: leafWith(valid('11:00', '2029-11-23T11:00')) },
    also: ['days-of-profile'],
  },
  'days-of-profile': {
    what: 'it is good for 91 days',
    linted: { leaf: leafWith(valid('11:00', '2027-02-22T11:00')) },
  },
  'outlived-by-authority': {
    what: 'it ends a second after its authority',
    linted: authorityWith(valid('2026-10-01T00:00', '2027-02-21T10:59:59')),
  },
  'times-as-written': {
    what: 'it writes a year of today in full',
    linted: {
      leaf: leafWith(({ validity }) => {
        const { utcTime } = validity.notAfter;
        validity.notAfter = new Time();
        if (utcTime) validity.notAfter.generalTime = utcTime;
      }),
    },
  },
  'common-name': {
    what: 'its subject is an organization alone',
    linted: { leaf: leafWith((unsigned) => void unsigned.subject.pop()) },
  },
  'common-name-length': {
    what: 'its common name has 65 characters',
    linted: { leaf: leafWith(called('x'.repeat(65))) },
  },
  'common-name-also-alternative': {
    what: 'its common name is the name of a host that it is not for',
    linted: { leaf: leafWith(called('pacs.example.org')) },
  },
  'dns-name': {
    what: 'it names an address alone',
    linted: {
      leaf: leafWith(named(new GeneralName({ iPAddress: '10.0.0.10' }))),
      names: ['10.0.0.10'],
    },
  },
  'names-as-expected': {
    what: 'it names a host that EC2 does not know',
    linted: also(dns('pacs.example.org')),
  },
  'names-once': { what: 'it has a name twice', linted: also(dns(NAMES[0])) },
  'names-at-most-100': {
    what: 'it has 101 names',
    linted: { leaf: leafWith(named(...hundred.map(dns))), names: hundred },
  },
  'dns-names-well-formed': {
    what: 'it is for a wildcard',
    linted: also(dns('*.example.org'), '*.example.org'),
  },
  'addresses-well-formed': {
    what: 'it names a network',
    linted: also(new GeneralName({ iPAddress: '10.0.0.0/24' }), '10.0.0.0/24'),
  },
  'addresses-as-addresses': {
    what: 'it has an address for a DNS name',
    linted: also(dns('10.0.0.11'), '10.0.0.11'),
  },
  'names-of-hosts-alone': {
    what: 'it names a person',
    linted: also(new GeneralName({ rfc822Name: 'ada@example.org' })),
  },
  'extensions-once': {
    what: 'it says twice who is its authority',
    linted: { leaf: leafWith(twice(AUTHORITY_KEY)) },
  },
  'critical-known': {
    what: 'a client must understand an extension of ours',
    linted: {
      leaf: leafWith((unsigned) => {
        const extnValue = new OctetString(Uint8Array.of(5, 0));
        unsigned.extensions?.push(
          new Extension({ extnID: '1.3.6.1.4.1.99999.1', critical: true, extnValue }),
        );
      }),
    },
  },
  'identifiers-not-critical': {
    what: 'the identifier of its key is critical',
    linted: { leaf: leafWith(marked(OWN_KEY, true)) },
  },
  'constraints-critical': {
    what: 'it does not insist on being no authority',
    linted: { leaf: leafWith(marked(BASIC_CONSTRAINTS, false)) },
  },
  'no-authority': {
    what: 'it says that it is an authority',
    linted: { leaf: leafWith(replace(BASIC_CONSTRAINTS, new BasicConstraints({ cA: true }))) },
  },
  'key-usage-critical': {
    what: 'it says nothing of what its key is for',
    linted: { leaf: leafWith(without(KEY_USAGE)) },
  },
  'key-usage-signs': {
    what: 'its key may only encipher',
    linted: { leaf: leafWith(replace(KEY_USAGE, new KeyUsage(4))) },
  },
  'key-usage-enciphers': {
    what: 'its key may only sign',
    linted: { leaf: leafWith(replace(KEY_USAGE, new KeyUsage(1))) },
  },
  'key-usage-no-more': {
    what: 'its key may sign certificates',
    linted: { leaf: leafWith(replace(KEY_USAGE, new KeyUsage(1 | 4 | 32))) },
  },
  'purpose-server': {
    what: 'it has no extended key usage',
    linted: { leaf: leafWith(without(EXTENDED_KEY_USAGE)) },
  },
  'purpose-no-more': {
    what: 'it is for clients, too',
    linted: {
      leaf: leafWith(
        replace(
          EXTENDED_KEY_USAGE,
          new ExtendedKeyUsage(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']),
        ),
      ),
    },
  },
  'names-its-key': {
    what: 'it has the identifier of another key',
    linted: {
      leaf: leafWith(
        replace(
          OWN_KEY,
          new SubjectKeyIdentifier(keyIdentifier(createPublicKey(rsaKey('node b')))),
        ),
      ),
    },
  },
  'names-authority-key': {
    what: 'it does not say whose key signed it',
    linted: { leaf: leafWith(without(AUTHORITY_KEY)) },
  },
  'authority-by-key-alone': {
    what: 'it names the serial number of the authority’s certificate',
    linted: {
      leaf: leafWith((unsigned) => {
        const { subject: name, serialNumber } = AsnConvert.parse(
          authority.certificate.raw,
          Certificate,
        ).tbsCertificate;
        const identifier = new AuthorityKeyIdentifier({
          keyIdentifier: keyIdentifier(authority.kms.publicKey),
          authorityCertIssuer: [new GeneralName({ directoryName: name })],
          authorityCertSerialNumber: serialNumber,
        });
        replace(AUTHORITY_KEY, identifier)(unsigned);
      }),
    },
  },
  'authority-is-one': {
    what: 'its authority does not insist on being one',
    linted: authorityWith(marked(BASIC_CONSTRAINTS, false)),
  },
  'authority-signs-leaves': {
    what: 'its authority may sign handshakes alone',
    linted: authorityWith(replace(KEY_USAGE, new KeyUsage(1))),
  },
  'authority-over-leaves-alone': {
    what: 'its authority vouches for authorities beneath it',
    linted: authorityWith(replace(BASIC_CONSTRAINTS, new BasicConstraints({ cA: true }))),
  },
  'authority-named-by-key': {
    what: 'its authority has no identifier of its key',
    linted: authorityWith(without(OWN_KEY)),
  },
  'authority-signed-itself': {
    what: 'another key has signed its authority',
    linted: authorityWith(() => {}, { signedBy: rsaKey('node b') }),
  },
  'authority-key-3072': {
    what: 'its authority has a key of 2048 bits',
    linted: authorityWith(() => {}, { key: rsaKey('node b') }),
  },
  'authority-begun': {
    what: 'its authority begins tomorrow',
    linted: authorityWith(valid('2026-11-24T00:00', '2036-11-24T00:00')),
  },
};
