import { createHash, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rsaKey } from '../../../simulator/rsa-key.ts';
import { Kms } from '../../../simulator/services/kms.ts';

const ARN = 'arn:aws:kms:ca-central-1:111122223333:key/signs';
const createdAt = new Date('2026-11-30T05:00:00Z');
const TEXT = Buffer.from('to be signed');
const RSA = 'RSASSA_PKCS1_V1_5_SHA_256';

function keys() {
  const kms = new Kms();
  kms.add([
    { arn: ARN, id: 'signs', pair: () => rsaKey(ARN, 3072), createdAt },
    { arn: `${ARN}-not`, id: 'encrypts', pair: undefined, createdAt },
  ]);
  const ask = (operation: string, input: object) =>
    kms.operations[operation]?.run(input as never, {} as never) as Record<string, never>;
  return { kms, ask };
}

it('signs a message and its digest alike, and each time the same', () => {
  const { ask } = keys();
  const digest = createHash('sha256').update(TEXT).digest();
  const signed = (Message: Uint8Array, MessageType: string) =>
    ask('Sign', { KeyId: ARN, Message, MessageType, SigningAlgorithm: RSA }).Signature;

  const [raw, again, digested] = [
    signed(TEXT, 'RAW'),
    signed(TEXT, 'RAW'),
    signed(digest, 'DIGEST'),
  ];

  expect(verify('sha256', TEXT, rsaKey(ARN, 3072).publicKey, Buffer.from(raw ?? ''))).toBe(true);
  expect([again, digested]).toEqual([raw, raw]);
});

it('describes a key that signs, with the instant at which it was made', () => {
  const { ask } = keys();

  expect(ask('DescribeKey', { KeyId: 'signs' }).KeyMetadata).toMatchObject({
    Arn: ARN,
    CreationDate: createdAt,
    KeySpec: 'RSA_3072',
    KeyState: 'Enabled',
    KeyUsage: 'SIGN_VERIFY',
  });
  expect(ask('GetPublicKey', { KeyId: ARN }).PublicKey).toEqual(
    new Uint8Array(rsaKey(ARN, 3072).spki),
  );
});

describe('refuses, by the documented name,', () => {
  const sign = { KeyId: ARN, Message: TEXT, SigningAlgorithm: RSA };

  it.each([
    ['a key that is not there', 'Sign', { ...sign, KeyId: 'x' }, 'NotFoundException'],
    ['a key that encrypts', 'Sign', { ...sign, KeyId: 'encrypts' }, 'InvalidKeyUsageException'],
    ['its public half', 'GetPublicKey', { KeyId: 'encrypts' }, 'UnsupportedOperationException'],
    ['a long message', 'Sign', { ...sign, Message: Buffer.alloc(4097) }, 'ValidationError'],
    ['a short digest', 'Sign', { ...sign, MessageType: 'DIGEST' }, 'ValidationError'],
    ['what it does not model', 'Sign', { ...sign, SigningAlgorithm: 'ECDSA' }, 'NotModelled'],
  ])('%s', (_what, operation, input, name) => {
    const { ask } = keys();

    expect(() => ask(operation, input)).toThrow(expect.objectContaining({ name }));
  });

  it('a key that is disabled, until it is so for no reason any more', () => {
    const { kms, ask } = keys();
    const disabled = expect.objectContaining({ name: 'DisabledException' });
    kms.disable([ARN, `${ARN}-not`], 1);
    kms.disable([ARN], 1);
    kms.disable([ARN], -1);

    expect(() => ask('Sign', sign)).toThrow(disabled);
    expect(() => ask('GetPublicKey', { KeyId: ARN })).toThrow(disabled);
    expect(ask('DescribeKey', { KeyId: ARN }).KeyMetadata).toMatchObject({ KeyState: 'Disabled' });
    expect(ask('DescribeKey', { KeyId: 'encrypts' }).KeyMetadata).toMatchObject({ Enabled: true });
    kms.disable([ARN], -1);
    expect(ask('Sign', sign).Signature).toHaveLength(384);
  });
});

it('asks for the right to sign with what a policy may say of it', () => {
  const { kms } = keys();

  const asked = kms.operations.Sign?.permissions({
    KeyId: 'signs',
    Message: TEXT,
    SigningAlgorithm: RSA,
  } as never);

  const context = { 'kms:MessageType': 'RAW', 'kms:SigningAlgorithm': RSA };
  expect(asked).toEqual([{ action: 'kms:Sign', resources: [ARN], context }]);
});
