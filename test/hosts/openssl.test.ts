import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NAMES, rsaKey, testAuthority, testLeaf } from '../support/authority.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-openssl-'));
afterAll(() => rmSync(folder, { recursive: true }));

const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
const file = (name: string, pem: string): string => {
  const whole = path.join(folder, name);
  writeFileSync(whole, pem);
  return whole;
};

/** What OpenSSL says of a certificate; an error where it refuses it. */
const verify = (certificate: string, ...options: readonly string[]): string =>
  execFileSync('openssl', ['verify', '-x509_strict', ...options, certificate], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

const former = await testAuthority({ signed: daysAgo(400) });
const renewed = await testAuthority({ signed: daysAgo(1) });
const other = await testAuthority({ number: 2 });
const old = await testLeaf(former, { now: daysAgo(30) });
const young = await testLeaf(renewed);
const large = await testLeaf(renewed, { privateKey: rsaKey('of 4096', 4096) });

const authorities = {
  'as it was': file('former.pem', former.certificate.toString()),
  'signed anew': file('renewed.pem', renewed.certificate.toString()),
};
const leaves = {
  'from before it was signed anew': file('old.pem', old.toString()),
  'from after it was signed anew': file('young.pem', young.toString()),
  'with a key of 4096 bits': file('large.pem', large.toString()),
};

describe.each(Object.entries(authorities))('OpenSSL, that trusts an authority %s,', (_when, ca) => {
  it('takes the authority, held strictly to the standard', () => {
    expect(verify(ca, '-CAfile', ca)).toMatch(/: OK\n$/);
  });

  it.each(Object.entries(leaves))('takes a leaf %s, for each name and address', (_what, leaf) => {
    const server = ['-purpose', 'sslserver', '-CAfile', ca];
    const [publicName, publicAddress, privateName, privateAddress] = NAMES;

    for (const name of [publicName, privateName]) {
      expect(verify(leaf, ...server, '-verify_hostname', name)).toMatch(/: OK\n$/);
    }
    for (const address of [publicAddress, privateAddress]) {
      expect(verify(leaf, ...server, '-verify_ip', address)).toMatch(/: OK\n$/);
    }
  });

  it('takes a leaf for no other name, and for no client', () => {
    const leaf = leaves['from after it was signed anew'];

    expect(() => verify(leaf, '-CAfile', ca, '-verify_hostname', 'pacs.example.org')).toThrow(
      /hostname mismatch/,
    );
    expect(() => verify(leaf, '-CAfile', ca, '-purpose', 'sslclient')).toThrow(
      /unsuit(able|ed) certificate purpose/,
    );
  });
});

it('OpenSSL takes what was just issued also by a clock that is behind, for an hour at most', async () => {
  const now = new Date();
  const authority = await testAuthority({ signed: now });
  const ca = file('just.pem', authority.certificate.toString());
  const leaf = file('now.pem', (await testLeaf(authority, { now })).toString());
  const by = (minutes: number): string[] => [
    ...['-attime', String(Math.floor(now.getTime() / 1000) - minutes * 60)],
    ...['-CAfile', ca],
  ];

  for (const minutes of [0, 30, 59]) expect(verify(leaf, ...by(minutes))).toMatch(/: OK\n$/);
  expect(() => verify(leaf, ...by(61))).toThrow(/not yet valid/);
});

it('OpenSSL takes no leaf from who trusts another number alone, and each from who trusts both', () => {
  const foreign = file('other.pem', other.certificate.toString());
  const both = file('both.pem', other.certificate.toString() + renewed.certificate.toString());
  const leaf = leaves['from after it was signed anew'];

  expect(() => verify(leaf, '-CAfile', foreign)).toThrow(/unable to get local issuer/);
  expect(verify(leaf, '-CAfile', both)).toMatch(/: OK\n$/);
});
