import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  readBirth,
  readPublicKey,
  signWith,
} from '../../../functions/certificate/authority-key.ts';
import { spki } from '../../../functions/certificate/x509.ts';
import { BIRTH, KeyStandIn } from '../../support/authority.ts';
import { awsError, service } from '../support/clients.ts';

const calls = {
  'its public key is read': (kms: KeyStandIn) => readPublicKey(kms, kms.arn),
  'its birth is read': (kms: KeyStandIn) => readBirth(kms, kms.arn),
  'it is to sign': (kms: KeyStandIn) => signWith(kms, kms.arn, Buffer.from('leaf')),
};

it('reads the public key and the birth of an authority’s key', async () => {
  const kms = new KeyStandIn();

  expect(spki(await readPublicKey(kms, kms.arn))).toEqual(spki(kms.publicKey));
  expect(await readBirth(kms, kms.arn)).toEqual(BIRTH);
});

it('signs the same for the same bytes, as often as it is asked', async () => {
  const kms = new KeyStandIn();
  const [once, again] = await Promise.all([
    signWith(kms, kms.arn, Buffer.from('a leaf')),
    signWith(kms, kms.arn, Buffer.from('a leaf')),
  ]);

  expect(once).toEqual(again);
  expect(once).toHaveLength(384);
});

it('asks KMS for no signature of more bytes than it takes', async () => {
  const kms = new KeyStandIn();
  const most = new Uint8Array(4096);

  expect(await signWith(kms, kms.arn, most)).toHaveLength(384);
  await expect(signWith(kms, kms.arn, new Uint8Array(4097))).rejects.toThrow('4097 bytes to sign');
  expect(kms.calls).toEqual(['Sign']);
});

it.each([
  'AccessDeniedException',
  'DisabledException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
])('says that the authority is unavailable when KMS refuses its key with %s', async (name) => {
  const kms = new KeyStandIn();
  kms.refusal = awsError(name, `${kms.arn} is disabled.`);

  for (const [what, call] of Object.entries(calls)) {
    await expect(call(kms), what).rejects.toMatchObject({
      name: 'AuthorityUnavailable',
      message: `KMS refuses the key ${kms.arn}: ${name}: ${kms.arn} is disabled.`,
      cause: kms.refusal,
    });
  }
});

it.each([
  'DependencyTimeoutException',
  'KeyUnavailableException',
  'KMSInternalException',
  'ThrottlingException',
])('leaves its name to %s, which time mends', async (name) => {
  const kms = new KeyStandIn();
  kms.refusal = awsError(name, 'later');

  for (const [what, call] of Object.entries(calls)) {
    await expect(call(kms), what).rejects.toBe(kms.refusal);
  }
});

it('knows the names of the errors as the SDK has them', () => {
  const root = path.join(import.meta.dirname, '../../..');
  const sdk = readFileSync(
    path.join(root, 'node_modules/@aws-sdk/client-kms/dist-types/models/errors.d.ts'),
    'utf8',
  );
  const source = readFileSync(path.join(root, 'functions/certificate/authority-key.ts'), 'utf8');
  const named = [...source.matchAll(/^ {2}'(\w+Exception)',$/gm)].map(([, name]) => name);
  // These two are common to all services, and not in the SDK's model of this one.
  const own = named.filter((name) => !/^(AccessDenied|Validation)Exception$/.test(`${name}`));

  expect(own).toHaveLength(6);
  for (const name of own) expect(sdk).toContain(`readonly name: "${name}"`);
});

it.each([
  { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
  { KeySpec: 'RSA_3072', KeyUsage: 'ENCRYPT_DECRYPT' },
])('takes no key that is $KeySpec for $KeyUsage', async ({ KeySpec, KeyUsage }) => {
  const kms = service({ GetPublicKey: () => ({ KeySpec, KeyUsage }) });

  await expect(readPublicKey(kms, 'arn')).rejects.toMatchObject({
    name: 'AuthorityUnavailable',
    message: `the key arn is ${KeySpec} for ${KeyUsage}, not RSA_3072 for SIGN_VERIFY`,
  });
});
