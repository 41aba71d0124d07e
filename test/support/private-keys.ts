import { createPrivateKey, type KeyObject } from 'node:crypto';

/*
 * Finds private keys in whatever is left behind: outputs, journals, tables. It looks for what
 * is written around a key, for what decodes to one, and for the very numbers of keys that are known.
 */

/**
 * What betrays a private key in a text or in bytes, a sentence each; empty where nothing does.
 *
 * Found are PEM of any kind, PKCS #1, PKCS #8 and SEC 1 as bytes, in base64 (also wrapped, in JSON, or
 * base64 of base64) and in hexadecimal; and of each RSA key in `known` the private exponent, the
 * primes and what is derived from them: as bytes, in hexadecimal, in base64 and as a decimal number.
 */
export function privateKeysIn(
  content: string | Buffer,
  known: readonly KeyObject[] = [],
): string[] {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
  const text = bytes.toString('latin1');
  return [
    ...new Set([...armoured(text), ...encoded(text, bytes), ...numbersIn(text, bytes, known)]),
  ];
}

const ARMOUR = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----/g;

const armoured = (text: string): string[] =>
  [...text.matchAll(ARMOUR)].map(([, kind]) => `PEM of a ${kind}`);

/** Shorter than the DER of any private key that is worth one: P-256 in SEC 1 takes 121 bytes. */
const SHORTEST = 64;
/** Base64 in base64 in base64 is nobody's accident. */
const DEEPEST = 2;

function encoded(text: string, bytes: Buffer, depth = 0): string[] {
  const found = derIn(bytes).map((kind) => `${kind} in DER`);
  if (depth > DEEPEST) return found;
  const dense = unwrapped(text);
  for (const [run] of dense.matchAll(/[A-Za-z0-9+/_-]{88,}/g)) {
    // What stands before it may have run into it: a group of four may begin at any of four places.
    for (let skipped = 0; skipped < 4; skipped++) {
      const inner = Buffer.from(run.slice(skipped), 'base64');
      const kinds = [
        ...derIn(inner).map((kind) => `${kind} in DER`),
        ...armoured(inner.toString('latin1')),
        ...(isText(inner) ? encoded(inner.toString('latin1'), Buffer.alloc(0), depth + 1) : []),
      ];
      found.push(...kinds.map((kind) => `${kind}, in base64`));
    }
  }
  for (const [run] of dense.replaceAll(':', '').matchAll(/(?:[0-9a-fA-F]{2}){64,}/g)) {
    found.push(...derIn(Buffer.from(run, 'hex')).map((kind) => `${kind} in DER, in hexadecimal`));
  }
  return found;
}

/** Without the ends of lines, real ones and those of JSON. */
const unwrapped = (text: string): string => text.replace(/\\+[nr]|\s/g, '');

/** What base64 of PEM, or of base64, begins with. */
const isText = (bytes: Buffer): boolean =>
  bytes.subarray(0, SHORTEST).every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a);

const TYPES = ['pkcs1', 'pkcs8', 'sec1'] as const;

function derIn(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = bytes.indexOf(SEQUENCE); at >= 0; at = bytes.indexOf(SEQUENCE, at + 1)) {
    const key = versioned(bytes.subarray(at));
    if (key)
      found.push(...TYPES.filter((type) => isKey(key, type)).map((type) => type.toUpperCase()));
  }
  return found;
}

const SEQUENCE = 0x30;

/** The sequence at the beginning, if its first part is a version, 0 or 1, as in each of the three. */
function versioned(der: Buffer): Buffer | undefined {
  if (der.length < SHORTEST) return undefined;
  const [, short = 0] = der;
  const [head, length] =
    short === 0x82 ? [4, der.readUInt16BE(2)] : short === 0x81 ? [3, der.readUInt8(2)] : [2, short];
  const [tag, size, version = 2] = der.subarray(head);
  return tag === 2 && size === 1 && version <= 1 ? der.subarray(0, head + length) : undefined;
}

function isKey(key: Buffer, type: (typeof TYPES)[number]): boolean {
  try {
    createPrivateKey({ key, format: 'der', type });
    return true;
  } catch {
    return false;
  }
}

const SECRET_PARTS = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

function numbersIn(text: string, bytes: Buffer, known: readonly KeyObject[]): string[] {
  if (known.length === 0) return [];
  const dense = unwrapped(text);
  const hexadecimal = dense.replaceAll(':', '').toLowerCase();
  const base64 = dense.replaceAll('-', '+').replaceAll('_', '/');
  return known.flatMap((key, index) => {
    const jwk = key.export({ format: 'jwk' });
    return SECRET_PARTS.flatMap((part) => {
      const number = Buffer.from(jwk[part] ?? '', 'base64url');
      const hex = number.toString('hex');
      const is =
        bytes.includes(number) ||
        hexadecimal.includes(hex) ||
        dense.includes(BigInt(`0x${hex}`).toString()) ||
        alignments(number).some((one) => base64.includes(one));
      return is ? [`the number ${part} of the known key ${index + 1}`] : [];
    });
  });
}

/** A number in base64, as it stands wherever in what was encoded it begins. */
const alignments = (number: Buffer): string[] =>
  [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), number]).toString('base64');
    return whole.replace(/=+$/, '').slice(before === 0 ? 0 : 4, -2);
  });
