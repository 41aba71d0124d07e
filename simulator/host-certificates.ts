import { sign } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import {
  extension,
  publicKeyInfo,
  serialOf,
  sha256WithRsa,
  subject,
} from '../functions/certificate/x509.ts';
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
    subject: subject(commonName),
    subjectPKInfo: publicKeyInfo(key.publicKey),
  });
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: sha256WithRsa(),
    signature: signed(certificationRequestInfo, key),
  });
  return Buffer.from(AsnConvert.serialize(request));
}

/** The certificate of a host's first boot, in DER; `serial` is sixteen bytes. */
export function interimOf(key: RsaKey, name: string, madeAt: Date, serial: Uint8Array): Buffer {
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialOf(serial),
    signature: sha256WithRsa(),
    issuer: subject(name),
    validity: new Validity({
      notBefore: madeAt,
      notAfter: new Date(madeAt.getTime() + INTERIM_DAYS * DAY_MS),
    }),
    subject: subject(name),
    subjectPublicKeyInfo: publicKeyInfo(key.publicKey),
    extensions: new Extensions([
      extension(
        id_ce_subjectAltName,
        new SubjectAlternativeName([new GeneralName({ dNSName: name })]),
      ),
      extension(
        id_ce_keyUsage,
        new KeyUsage(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment),
        true,
      ),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_basicConstraints, new BasicConstraints(), true),
    ]),
  });
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: sha256WithRsa(),
    signatureValue: signed(tbsCertificate, key),
  });
  return Buffer.from(AsnConvert.serialize(certificate));
}

function signed(content: object, { privateKey }: RsaKey): ArrayBuffer {
  const bytes = Buffer.from(AsnConvert.serialize(content));
  return new Uint8Array(sign('sha256', bytes, privateKey)).buffer;
}
