import {
  checkPrimeSync,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
} from 'node:crypto';

/** A pair of keys; the public one as SubjectPublicKeyInfo in DER, too. */
export interface RsaKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly spki: Buffer;
}

const keys = new Map<string, RsaKey>();

/**
 * The RSA key of this name: a real one, but in every process the same, so that what is signed with
 * it, and every fingerprint of that, is so too. Made when it is first asked for, and once: that may
 * take a quarter of a second. No secret is safe with it.
 */
export function rsaKey(name: string, bits: 2048 | 3072): RsaKey {
  const id = `${name} ${bits}`;
  const known = keys.get(id);
  if (known) return known;
  const made = make(id, bits);
  keys.set(id, made);
  return made;
}

const EXPONENT = 65_537n;

/** https://www.rfc-editor.org/rfc/rfc8017#section-3.2 */
function make(name: string, bits: number): RsaKey {
  const p = prime(`${name} p`, bits / 2);
  const q = prime(`${name} q`, bits / 2);
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n) };
  const jwk = Object.entries({ ...numbers, qi: inverse(q, p) }).map(([part, value]) => [
    part,
    bytesOf(value).toString('base64url'),
  ]);
  const privateKey = createPrivateKey({
    key: { kty: 'RSA', ...Object.fromEntries(jwk) },
    format: 'jwk',
  });
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, spki: publicKey.export({ type: 'spki', format: 'der' }) };
}

/**
 * Rounds of Miller-Rabin. The default, 64, is for numbers that an enemy may have chosen, and takes
 * half of the time; of random ones of these lengths FIPS 186-4, table C.3, asks for four or five.
 */
const CHECKS = { checks: 8 };

/** The first prime at or above a number that its name stands for, whose two highest bits are set. */
function prime(name: string, bits: number): bigint {
  const blocks = Array.from({ length: Math.ceil(bits / 256) }, (_unused, block) =>
    createHash('sha256').update(`${name} ${block}`).digest('hex'),
  );
  const drawn = BigInt(`0x${blocks.join('')}`) & ((1n << BigInt(bits)) - 1n);
  let candidate = drawn | (3n << BigInt(bits - 2)) | 1n;
  while (candidate % EXPONENT === 1n || !checkPrimeSync(candidate, CHECKS)) candidate += 2n;
  return candidate;
}

/** What gives 1 when it is multiplied by `value`, modulo `modulus`. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [remainder, next] = [modulus, value % modulus];
  let [factor, other] = [0n, 1n];
  while (next > 0n) {
    const times = remainder / next;
    [remainder, next] = [next, remainder - times * next];
    [factor, other] = [other, factor - times * other];
  }
  return factor < 0n ? factor + modulus : factor;
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
