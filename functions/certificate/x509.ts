import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Extension,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  type TBSCertificate,
} from '@peculiar/asn1-x509';
import { PROFILE } from './profile.ts';

/** Signs the bytes of a certificate with RSASSA-PKCS1-v1_5 and SHA-256. */
export type Sign = (toBeSigned: Uint8Array) => Promise<Uint8Array>;

/** sha256WithRSAEncryption, whose parameters are NULL: RFC 4055, section 5. */
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';
export const sha256WithRsa = (): AlgorithmIdentifier =>
  new AlgorithmIdentifier({
    algorithm: SHA256_WITH_RSA,
    parameters: new Uint8Array([0x05, 0x00]).buffer,
  });

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

/** `O=Orthweb, CN=…`, cut to the length that a common name may have. */
export const subject = (commonName: string): Name =>
  new Name([
    attribute(ORGANIZATION, PROFILE.organization),
    attribute(COMMON_NAME, commonName.slice(0, PROFILE.commonNameLength)),
  ]);

const attribute = (type: string, text: string): RelativeDistinguishedName =>
  new RelativeDistinguishedName([
    new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: text }) }),
  ]);

/** An extension around its value. */
export const extension = (extnID: string, value: object, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

/** The DER of a public key as the library takes it. */
export const publicKeyInfo = (key: KeyObject): SubjectPublicKeyInfo =>
  AsnConvert.parse(spki(key), SubjectPublicKeyInfo);

/** SubjectPublicKeyInfo in DER: the same bytes for the same key, whoever wrote it before. */
export const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/**
 * What names a public key in other certificates: SHA-1 of its bits, RFC 5280, section 4.2.1.2 (1).
 * A name, no safeguard; OpenSSL makes the same of `subjectKeyIdentifier=hash`.
 */
export const keyIdentifier = (key: KeyObject): OctetString =>
  new OctetString(
    createHash('sha1')
      .update(new Uint8Array(publicKeyInfo(key).subjectPublicKey))
      .digest(),
  );

/** Sixteen bytes as a serial number: positive, and never shorter than they are. */
export function serialOf(bytes: Uint8Array): ArrayBuffer {
  if (bytes.length !== PROFILE.serialBytes) throw new Error(`${bytes.length} bytes for a serial`);
  const serial = Uint8Array.from(bytes);
  // The top bit is a sign; the next one keeps DER from dropping bytes in front.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial.buffer;
}

/** The certificate around what is signed. */
export async function seal(tbsCertificate: TBSCertificate, sign: Sign): Promise<X509Certificate> {
  const signature = await sign(new Uint8Array(AsnConvert.serialize(tbsCertificate)));
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: sha256WithRsa(),
    signatureValue: Uint8Array.from(signature).buffer,
  });
  return new X509Certificate(new Uint8Array(AsnConvert.serialize(certificate)));
}

/** When a certificate ends, as a run and the table hold it. */
export const notAfterOf = (certificate: X509Certificate): string =>
  new Date(certificate.validTo).toISOString();

/** X.509 counts in whole seconds. */
export const wholeSeconds = (instant: Date): Date =>
  new Date(Math.floor(instant.getTime() / 1000) * 1000);
