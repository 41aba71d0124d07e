import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { RequestRefused } from '../shared/errors.ts';
import { PROFILE } from './profile.ts';

/** A request of RSA-4096 with names takes about 1,200 bytes. */
const MOST_BYTES = 4000;

/** RSASSA-PKCS1-v1_5 with SHA-2, the algorithms that a request may be signed with: RFC 4055. */
const DIGESTS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
};

/**
 * The public key of a host's PKCS#10 request, in DER and base64, once its owner has proven to hold
 * the private one: the request's signature is checked.
 *
 * Everything else that a request says is ignored on purpose, the names included. Who has taken over
 * a host may ask for any name; a certificate names what EC2 knows of the instance, and what it may
 * be used for is the profile's.
 *
 * @throws RequestRefused with what is wrong.
 */
export function readRequest(base64: string): KeyObject {
  const { request, signed } = parse(decode(base64));
  const key = readKey(request);
  const digest = DIGESTS[request.signatureAlgorithm.algorithm];
  if (!digest) {
    const { algorithm } = request.signatureAlgorithm;
    throw new RequestRefused(`the request is signed with ${algorithm}, not with RSA and SHA-2`);
  }
  if (!verify(digest, signed, key, new Uint8Array(request.signature))) {
    throw new RequestRefused('the request is not signed with the key that it is for');
  }
  return key;
}

function decode(base64: string): Buffer {
  if (base64.length > (MOST_BYTES * 4) / 3) {
    throw new RequestRefused(`the request has ${base64.length} characters, too many for one`);
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new RequestRefused('the request is not in base64, on one line');
  }
  const der = Buffer.from(base64, 'base64');
  const length = lengthOf(der);
  if (length === undefined) throw new RequestRefused('the request is not PKCS#10 in DER');
  if (length < der.length) {
    throw new RequestRefused(`${der.length - length} bytes follow the end of the request`);
  }
  return der;
}

/** The length of the sequence that DER begins with, its head included; undefined if it is none. */
function lengthOf(der: Buffer): number | undefined {
  if (der.length < 4 || der[0] !== 0x30) return undefined;
  if (der[1] === 0x82) return der.readUInt16BE(2) + 4;
  return der[1] === 0x81 ? der.readUInt8(2) + 3 : undefined;
}

function parse(der: Buffer): { request: CertificationRequest; signed: Uint8Array } {
  try {
    const request = AsnConvert.parse(der, CertificationRequest);
    // The bytes as they were signed: written again they might differ.
    return { request, signed: new Uint8Array(request.certificationRequestInfoRaw ?? []) };
  } catch (error) {
    throw new RequestRefused('the request is not PKCS#10 in DER', { cause: error });
  }
}

/** Read by OpenSSL and no longer as the request wrote it: what else it wrote there is gone. */
function readKey(request: CertificationRequest): KeyObject {
  const key = keyOf(request);
  const { rsaBits, exponent } = PROFILE.leaf;
  const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== 'rsa') {
    throw new RequestRefused(`the key is of the kind ${key.asymmetricKeyType}, not RSA`);
  }
  if (modulusLength < rsaBits.least || modulusLength > rsaBits.most) {
    throw new RequestRefused(
      `the key has ${modulusLength} bits, not ${rsaBits.least} to ${rsaBits.most}`,
    );
  }
  if (publicExponent !== exponent) {
    throw new RequestRefused(`the key has the exponent ${publicExponent}, not ${exponent}`);
  }
  return key;
}

function keyOf({ certificationRequestInfo }: CertificationRequest): KeyObject {
  try {
    const info = Buffer.from(AsnConvert.serialize(certificationRequestInfo.subjectPKInfo));
    return createPublicKey({ key: info, format: 'der', type: 'spki' });
  } catch (error) {
    throw new RequestRefused('the request holds no public key that can be read', { cause: error });
  }
}
