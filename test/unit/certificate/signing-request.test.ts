import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { expect, it } from 'vitest';
import { readRequest } from '../../../functions/certificate/signing-request.ts';
import { spki } from '../../../functions/certificate/x509.ts';
import { rsaKey, testRequest } from '../../support/authority.ts';

const ours = rsaKey('node a');

it('gives the public key of a request whose owner holds the private one', () => {
  expect(spki(readRequest(testRequest()))).toEqual(spki(createPublicKey(ours)));
});

it.each([3072, 4096])('takes a key of %i bits', (bits) => {
  const key = readRequest(testRequest(rsaKey(`of ${bits}`, bits)));

  expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: bits });
});

it.each(['sha384', 'sha512'] as const)('takes a signature with %s', (digest) => {
  expect(readRequest(testRequest(ours, resign(digest, ours)))).toBeDefined();
});

it('ignores what the request wants to be called', () => {
  const elsewhere = testRequest(ours, (request) => {
    const [, name] = request.certificationRequestInfo.subject;
    for (const { value } of name ?? []) value.utf8String = 'bank.example';
    resign('sha256', ours)(request);
  });

  expect(spki(readRequest(elsewhere))).toEqual(spki(createPublicKey(ours)));
});

const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
const der = Buffer.from(testRequest(), 'base64');

it.each([
  ['a weak key', testRequest(rsaKey('weak', 1024)), /the key has 1024 bits, not 2048 to 4096/],
  ['a giant key', testRequest(rsaKey('giant', 4352)), /the key has 4352 bits, not 2048 to 4096/],
  [
    'an exponent of 3',
    testRequest(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey),
    /the key has the exponent 3, not 65537/,
  ],
  ['an elliptic key', testRequest(elliptic), /the key is of the kind ec, not RSA/],
  ['a key for RSA-PSS alone', testRequest(pss), /the key is of the kind rsa-pss, not RSA/],
  [
    'a key that belongs to somebody else',
    testRequest(ours, resign('sha256', rsaKey('node b'))),
    /not signed with the key that it is for/,
  ],
  [
    'a signature with SHA-1',
    testRequest(ours, resign('sha1', ours)),
    /is signed with 1\.2\.840\.113549\.1\.1\.5, not with RSA and SHA-2/,
  ],
  [
    'a key that cannot be read',
    testRequest(ours, ({ certificationRequestInfo: { subjectPKInfo } }) => {
      subjectPKInfo.subjectPublicKey = subjectPKInfo.subjectPublicKey.slice(0, 100);
    }),
    /no public key that can be read/,
  ],
  ['bytes after its end', base64(Buffer.concat([der, Buffer.alloc(7)])), /^7 bytes follow the end/],
  ['an end that is missing', base64(der.subarray(0, -1)), /not PKCS#10 in DER/],
  ['nothing', '', /not in base64/],
  ['four bytes', 'MIIB', /not PKCS#10 in DER/],
  ['another structure', base64(sequence(Buffer.alloc(300, 5))), /not PKCS#10 in DER/],
  ['PEM', `-----BEGIN CERTIFICATE REQUEST-----\n${base64(der)}`, /not in base64, on one line/],
  ['two lines', `${base64(der).slice(0, 64)}\n${base64(der).slice(64)}`, /not in base64/],
  ['a whole megabyte', 'A'.repeat(1_000_000), /has 1000000 characters, too many/],
])('refuses a request with %s, and says so', (_what, request, reason) => {
  expect(() => readRequest(request)).toThrow(
    expect.objectContaining({ name: 'RequestRefused', message: expect.stringMatching(reason) }),
  );
});

it('refuses a request of which one bit has changed', () => {
  // From within the subject to within the signature; where DER holds no more, that is said.
  for (let at = 12; at < der.length; at += 17) {
    const changed = Buffer.from(der);
    changed[at] = (changed[at] ?? 0) ^ 1;

    expect(() => readRequest(base64(changed)), `byte ${at}`).toThrow(
      expect.objectContaining({ name: 'RequestRefused' }),
    );
  }
});

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function sequence(content: Buffer): Buffer {
  const head = Buffer.from([0x30, 0x82, 0, 0]);
  head.writeUInt16BE(content.length, 2);
  return Buffer.concat([head, content]);
}

/** Signs a request again, as the identifier of the algorithm then says. */
function resign(digest: 'sha1' | 'sha256' | 'sha384' | 'sha512', key: KeyObject) {
  const last = { sha1: 5, sha256: 11, sha384: 12, sha512: 13 }[digest];
  return (request: CertificationRequest): void => {
    const signed = new Uint8Array(AsnConvert.serialize(request.certificationRequestInfo));
    request.signatureAlgorithm.algorithm = `1.2.840.113549.1.1.${last}`;
    request.signature = Uint8Array.from(sign(digest, signed, key)).buffer;
  };
}
