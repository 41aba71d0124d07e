import { createHash, sign, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { rsaKey } from '../../../simulator/rsa-key.ts';

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

it('makes a key of its length that signs', () => {
  const { privateKey, publicKey } = rsaKey('a test', 2048);
  const signature = sign('sha256', Buffer.from('text'), privateKey);

  expect(publicKey.asymmetricKeyDetails).toEqual({ modulusLength: 2048, publicExponent: 65_537n });
  expect(verify('sha256', Buffer.from('text'), publicKey, signature)).toBe(true);
});

it('makes the same key in every process, so that no trace differs', () => {
  expect(digest(rsaKey('a test', 2048).spki)).toBe('aa2b8219aa43ce9d');
});

it('makes another key for another name or length', () => {
  const spkis = [rsaKey('a test', 2048), rsaKey('another', 2048), rsaKey('a test', 3072)];

  expect(new Set(spkis.map(({ spki }) => digest(spki))).size).toBe(3);
});
