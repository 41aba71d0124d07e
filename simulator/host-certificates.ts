import { sign } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { sha256WithRSAEncryption } from '@peculiar/asn1-rsa';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
} from '@peculiar/asn1-x509';
import type { RsaKey } from './rsa-key.ts';

/*
 * What OpenSSL makes on a host: a request for a certificate, and the pair that a first boot signs
 * for itself.
 */

const DAY_MS = 86_400_000;
/** As `compose/host` has it. */
const INTERIM_DAYS = 365;

/** A request for a certificate of this key, PKCS#10 in DER: https://www.rfc-editor.org/rfc/rfc2986 */
export function requestOf(key: RsaKey, commonName: string): Buffer {
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: named('Orthweb', commonName),
    subjectPKInfo: AsnConvert.parse(key.spki, SubjectPublicKeyInfo),
  });
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: sha256WithRSAEncryption,
    signature: signed(certificationRequestInfo, key),
  });
  return Buffer.from(AsnConvert.serialize(request));
}

/** The certificate of a host's first boot, in DER. */
export function interimOf(key: RsaKey, name: string, madeAt: Date, serial: string): Buffer {
  const tbsCertificate = new TBSCertificate({
    version: 2,
    // A zero before it: it is no negative number.
    serialNumber: new Uint8Array(Buffer.from(`00${serial}`, 'hex')).buffer,
    signature: sha256WithRSAEncryption,
    issuer: named('Orthweb interim', name),
    validity: new Validity({
      notBefore: madeAt,
      notAfter: new Date(madeAt.getTime() + INTERIM_DAYS * DAY_MS),
    }),
    subject: named('Orthweb interim', name),
    subjectPublicKeyInfo: AsnConvert.parse(key.spki, SubjectPublicKeyInfo),
    extensions: new Extensions([
      extension(id_ce_subjectAltName, false, subjectNames(name)),
      extension(
        id_ce_keyUsage,
        true,
        new KeyUsage(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment),
      ),
      extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
    ]),
  });
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: sha256WithRSAEncryption,
    signatureValue: signed(tbsCertificate, key),
  });
  return Buffer.from(AsnConvert.serialize(certificate));
}

const subjectNames = (name: string) =>
  new SubjectAlternativeName([new GeneralName({ dNSName: name })]);

const extension = (extnID: string, critical: boolean, value: object) =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const [ORGANIZATION, COMMON_NAME] = ['2.5.4.10', '2.5.4.3'];

const named = (organization: string, commonName: string) =>
  new Name(
    [
      { type: ORGANIZATION, text: organization },
      { type: COMMON_NAME, text: commonName },
    ].map(({ type, text }) => {
      const value = new AttributeValue({ utf8String: text });
      return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })]);
    }),
  );

function signed(content: object, { privateKey }: RsaKey): ArrayBuffer {
  const bytes = Buffer.from(AsnConvert.serialize(content));
  return new Uint8Array(sign('sha256', bytes, privateKey)).buffer;
}
