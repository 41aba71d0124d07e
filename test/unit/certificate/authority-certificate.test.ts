import { AsnConvert } from '@peculiar/asn1-schema';
import { BasicConstraints, Certificate, KeyUsage } from '@peculiar/asn1-x509';
import { expect, it } from 'vitest';
import { BIRTH, testAuthority, testLeaf } from '../../support/authority.ts';
import { at } from '../support/time.ts';

const signed = at('2027-03-01T00:00');

it('is the same to the byte for the same key, site, number and day', async () => {
  const [once, again] = [await testAuthority(), await testAuthority()];

  expect(again.certificate.raw).toEqual(once.certificate.raw);
});

it('is another one on another day, for another site, and for another number', async () => {
  const all = await Promise.all([
    testAuthority(),
    testAuthority({ signed }),
    testAuthority({ site: 'other' }),
    testAuthority({ number: 2 }),
  ]);

  expect(new Set(all.map(({ certificate }) => certificate.fingerprint256)).size).toBe(4);
});

it('has another serial on each day, so that no two certificates of one name share theirs', async () => {
  const serials = await Promise.all(
    [BIRTH, signed, at('2027-03-02T00:00')].map(
      async (day) => (await testAuthority({ signed: day })).certificate.serialNumber,
    ),
  );

  expect(new Set(serials).size).toBe(3);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
});

it('begins an hour before it is signed, in whole seconds, and ends ten years after', async () => {
  const { certificate } = await testAuthority({ signed: at('2026-11-01T08:15:30.250') });

  expect(new Date(certificate.validFrom)).toEqual(at('2026-11-01T07:15:30'));
  expect(new Date(certificate.validTo)).toEqual(at('2036-11-01T08:15:30'));
});

it('may be signed to end after 2049, when X.509 writes its years in full', async () => {
  const { certificate } = await testAuthority({ signed: at('2040-06-01T00:00') });

  expect(new Date(certificate.validTo)).toEqual(at('2050-06-01T00:00'));
});

it('may sign leaves and lists of revoked ones, and no authority beneath it', async () => {
  const { certificate } = await testAuthority();
  const { extensions = [] } = AsnConvert.parse(certificate.raw, Certificate).tbsCertificate;
  const of = (id: string) => extensions.find(({ extnID }) => extnID === id);
  const constraints = of('2.5.29.19');
  const usage = of('2.5.29.15');

  expect(certificate.ca).toBe(true);
  expect([constraints?.critical, usage?.critical]).toEqual([true, true]);
  expect(
    AsnConvert.parse(constraints?.extnValue.buffer ?? new ArrayBuffer(), BasicConstraints),
  ).toMatchObject({ cA: true, pathLenConstraint: 0 });
  expect(AsnConvert.parse(usage?.extnValue.buffer ?? new ArrayBuffer(), KeyUsage).toJSON()).toEqual(
    ['crlSign', 'keyCertSign'],
  );
});

it('is named after the site and its number', async () => {
  const { certificate } = await testAuthority({ number: 2 });

  expect(certificate.subject).toBe('O=Orthweb\nCN=Orthweb clinic CA 2');
  expect(certificate.issuer).toBe(certificate.subject);
});

it('signed anew, vouches for the leaves from before, as the one from before does for new leaves', async () => {
  const [former, renewed] = [await testAuthority(), await testAuthority({ signed })];
  const old = await testLeaf(former, { now: at('2027-02-01T00:00') });
  const young = await testLeaf(renewed, { now: at('2027-03-02T00:00') });

  for (const leaf of [old, young]) {
    for (const { certificate } of [former, renewed]) {
      expect(leaf.verify(certificate.publicKey)).toBe(true);
      expect(leaf.checkIssued(certificate)).toBe(true);
    }
  }
});

it('vouches for no leaf of another number', async () => {
  const leaf = await testLeaf(await testAuthority({ number: 2 }));
  const { certificate } = await testAuthority({ number: 1 });

  expect(leaf.verify(certificate.publicKey)).toBe(false);
  expect(leaf.checkIssued(certificate)).toBe(false);
});
