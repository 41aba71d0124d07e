import { createPublicKey, type X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  KeyUsage,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import { expect, it } from 'vitest';
import { spki } from '../../../functions/certificate/x509.ts';
import { NAMES, rsaKey, testAuthority, testLeaf } from '../../support/authority.ts';
import { at } from '../support/time.ts';

const now = at('12:00:00.750');
const authority = await testAuthority();
const leaf = await testLeaf(authority, { now });

const signedPart = (certificate: X509Certificate) =>
  AsnConvert.parse(certificate.raw, Certificate).tbsCertificate;

const extensions = new Map(
  signedPart(leaf).extensions?.map(({ extnID, critical, extnValue }) => [
    extnID,
    { critical, value: extnValue.buffer },
  ]),
);
const critical = (): string[] =>
  [...extensions].filter(([, { critical }]) => critical).map(([id]) => id);

function extension<T>(id: string, type: new () => T): T {
  return AsnConvert.parse(extensions.get(id)?.value ?? new ArrayBuffer(), type);
}

it('is a certificate of version 3, signed by its authority with RSA and SHA-256', () => {
  const { version, signature } = signedPart(leaf);

  expect(version).toBe(2);
  expect(signature.algorithm).toBe('1.2.840.113549.1.1.11');
  expect(leaf.verify(authority.certificate.publicKey)).toBe(true);
  expect(leaf.checkIssued(authority.certificate)).toBe(true);
});

it('is for the key of the request and for no other', () => {
  expect(leaf.checkPrivateKey(rsaKey('node a'))).toBe(true);
  expect(leaf.checkPrivateKey(rsaKey('node b'))).toBe(false);
});

it('begins an hour ago, in whole seconds, and is good for 90 days', () => {
  const { validity } = signedPart(leaf);

  expect(validity.notBefore.getTime()).toEqual(at('11:00'));
  expect(validity.notAfter.getTime()).toEqual(at('2027-02-21T11:00'));
});

it('has a short subject that says which node of which site it is', () => {
  expect(leaf.subject).toBe('O=Orthweb\nCN=orthweb-clinic-a');
});

it('has a common name of at most 64 characters, whatever the site is called', async () => {
  const site = 'x'.repeat(200);
  const { subject } = await testLeaf(await testAuthority({ site }), { now });

  expect(subject).toBe(`O=Orthweb\nCN=orthweb-${'x'.repeat(56)}`);
});

it('names what it is given in that order, each once: names as names, addresses as addresses', async () => {
  const names = [...NAMES, NAMES[0], '2001:db8::7'];
  const { subjectAltName } = await testLeaf(authority, { now, names });

  expect(subjectAltName).toBe(
    `DNS:${NAMES[0]}, IP Address:${NAMES[1]}, DNS:${NAMES[2]}, IP Address:${NAMES[3]}, ` +
      'IP Address:2001:DB8:0:0:0:0:0:7',
  );
});

it('may open TLS connections as a server, and nothing else', () => {
  expect(extension('2.5.29.19', BasicConstraints).cA).toBe(false);
  expect(extension('2.5.29.15', KeyUsage).toJSON().sort()).toEqual([
    'digitalSignature',
    'keyEncipherment',
  ]);
  expect([...extension('2.5.29.37', ExtendedKeyUsage)]).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(critical().sort()).toEqual(['2.5.29.15', '2.5.29.19']);
});

it('says whose key it is for, and whose key signed it', () => {
  const { keyIdentifier } = extension('2.5.29.35', AuthorityKeyIdentifier);
  const own = extension('2.5.29.14', SubjectKeyIdentifier);

  expect(own.byteLength).toBe(20);
  expect(keyIdentifier?.buffer).toEqual(identifierOf(authority.certificate));
});

it.each([
  ['ff', '7f'],
  ['00', '40'],
])('has a positive serial of 16 bytes, also from bytes of %s', async (byte, first) => {
  const serial = Buffer.alloc(16, byte, 'hex');

  const { serialNumber } = await testLeaf(authority, { now, serial });

  expect(serialNumber.toLowerCase()).toBe(first + byte.repeat(15));
});

it('takes its serial from the chance that it is given, and wants 16 bytes of it', async () => {
  const other = await testLeaf(authority, { now, serial: Buffer.alloc(16, 9) });

  expect(other.serialNumber).not.toBe(leaf.serialNumber);
  await expect(testLeaf(authority, { now, serial: Buffer.alloc(8) })).rejects.toThrow('8 bytes');
});

it('is not made where the authority would end before it does, and says what to do', async () => {
  const { validTo } = authority.certificate;
  const last = new Date(new Date(validTo).getTime() - 90 * 86_400_000 + 3_600_000);
  const late = new Date(last.getTime() + 1000);

  const longest = await testLeaf(authority, { now: last });

  expect(longest.validTo).toBe(validTo);
  await expect(testLeaf(authority, { now: late })).rejects.toMatchObject({
    name: 'AuthorityUnavailable',
    message: expect.stringMatching(/ends on 2036-11-01T.*sign the authority anew, see docs\/cert/),
  });
});

it.each([
  ['no name at all', [], /neither name nor address/],
  ['a wildcard', ['*.example.org'], /"\*\.example\.org" is no DNS name/],
  ['a name with a command in it', ['a;touch pwn'], /"a;touch pwn" is no DNS name/],
  ['a label that ends with a hyphen', ['a-.example'], /is no DNS name/],
  ['a name of 254 characters', [`${'a.'.repeat(126)}aa`], /is no DNS name/],
  ['101 names', Array.from({ length: 101 }, (_, i) => `n${i}.example`), /101 names are more than/],
])('is not made for %s', async (_what, names, message) => {
  await expect(testLeaf(authority, { now, names })).rejects.toMatchObject({
    name: 'RequestRefused',
    message: expect.stringMatching(message),
  });
});

it('holds the public key as OpenSSL writes it', () => {
  const info = AsnConvert.serialize(signedPart(leaf).subjectPublicKeyInfo);

  expect(Buffer.from(info)).toEqual(spki(createPublicKey(rsaKey('node a'))));
});

function identifierOf(certificate: X509Certificate): ArrayBuffer {
  const found = signedPart(certificate).extensions?.find(({ extnID }) => extnID === '2.5.29.14');
  return AsnConvert.parse(found?.extnValue.buffer ?? new ArrayBuffer(), SubjectKeyIdentifier)
    .buffer;
}
