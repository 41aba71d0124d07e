import {
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';

/** A key and a certificate for it, as servers and authorities of tests have them. */
export interface Pair {
  readonly key: string;
  /** PEM. */
  readonly cert: string;
  /** SHA-256, `AA:BB:…`. */
  readonly fingerprint: string;
}

interface Wanted {
  /** DNS names and addresses. */
  readonly names?: readonly string[];
  /** Who signs it; itself by default. */
  readonly by?: Pair;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** What can sign others. */
export const authority = (commonName: string): Pair =>
  pair(commonName, {}, [
    extension(
      x509.id_ce_basicConstraints,
      new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 }),
    ),
  ]);

/** What a server shows. */
export const serverPair = ({ names = [], ...wanted }: Wanted = {}): Pair => {
  const general = names.map(
    (name) => new x509.GeneralName(isIP(name) ? { iPAddress: name } : { dNSName: name }),
  );
  return pair('server', wanted, [
    extension(x509.id_ce_subjectAltName, new x509.SubjectAlternativeName(general)),
  ]);
};

const ECDSA_WITH_SHA256 = new x509.AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });
const DAY = 24 * 60 * 60 * 1000;

/** Keys are EC, because they are made in no time. */
function pair(
  commonName: string,
  wanted: Omit<Wanted, 'names'>,
  extensions: x509.Extension[],
): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const { by, notBefore = new Date(now - DAY), notAfter = new Date(now + DAY) } = wanted;
  const issuer = by && AsnConvert.parse(new X509Certificate(by.cert).raw, x509.Certificate);
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: Uint8Array.from([1, ...randomBytes(15)]).buffer,
    signature: ECDSA_WITH_SHA256,
    issuer: issuer?.tbsCertificate.subject ?? nameOf(commonName),
    subject: nameOf(commonName),
    validity: new x509.Validity({ notBefore, notAfter }),
    subjectPublicKeyInfo: AsnConvert.parse(
      publicKey.export({ type: 'spki', format: 'der' }),
      x509.SubjectPublicKeyInfo,
    ),
    extensions: new x509.Extensions(extensions),
  });
  const signatureValue = signed(tbsCertificate, by?.key ?? privateKey);
  const raw = AsnConvert.serialize(
    new x509.Certificate({ tbsCertificate, signatureAlgorithm: ECDSA_WITH_SHA256, signatureValue }),
  );
  const made = new X509Certificate(Buffer.from(raw));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: made.toString(),
    fingerprint: made.fingerprint256,
  };
}

function signed(tbsCertificate: x509.TBSCertificate, key: KeyObject | string): ArrayBuffer {
  const bytes = Buffer.from(AsnConvert.serialize(tbsCertificate));
  return Uint8Array.from(sign('sha256', bytes, key)).buffer;
}

const nameOf = (commonName: string): x509.Name =>
  new x509.Name([
    new x509.RelativeDistinguishedName([
      new x509.AttributeTypeAndValue({
        type: '2.5.4.3',
        value: new x509.AttributeValue({ utf8String: commonName }),
      }),
    ]),
  ]);

const extension = (extnID: string, value: object): x509.Extension =>
  new x509.Extension({ extnID, extnValue: new OctetString(AsnConvert.serialize(value)) });
