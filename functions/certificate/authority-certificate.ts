import { createHash, type KeyObject } from 'node:crypto';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  SubjectKeyIdentifier,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { PROFILE } from './profile.ts';
import {
  extension,
  keyIdentifier,
  publicKeyInfo,
  serialOf,
  sha256WithRsa,
  spki,
  subject,
  wholeSeconds,
} from './x509.ts';

export interface AuthorityOf {
  readonly publicKey: KeyObject;
  readonly site: string;
  /** Its number in the configuration. */
  readonly number: number;
  /** When it is signed: the day of the configuration, or the birth of its key. */
  readonly signed: Date;
}

/**
 * The certificate of an authority, to be signed by its own key.
 *
 * A pure function, of a signature that is one too (PKCS #1 v1.5 has no chance in it): made again
 * for the same key and day it is the same to the byte, so it needs to be kept nowhere, and nothing
 * that deploys it twice changes what devices trust. Signed on another day it is a new certificate
 * of the same name and key, and vouches for the same leaves.
 */
export function authorityCertificate({
  publicKey,
  site,
  number,
  signed,
}: AuthorityOf): TBSCertificate {
  const from = wholeSeconds(signed);
  const notBefore = new Date(from.getTime() - PROFILE.backdateSeconds * 1000);
  const notAfter = new Date(from);
  notAfter.setUTCFullYear(from.getUTCFullYear() + PROFILE.authority.years);
  const name = `Orthweb ${site} CA ${number}`;
  const id = keyIdentifier(publicKey);
  return new TBSCertificate({
    version: Version.v3,
    serialNumber: serialOf(
      createHash('sha256')
        .update(spki(publicKey))
        .update(notBefore.toISOString())
        .digest()
        .subarray(0, PROFILE.serialBytes),
    ),
    signature: sha256WithRsa(),
    issuer: subject(name),
    validity: new Validity({ notBefore, notAfter }),
    subject: subject(name),
    subjectPublicKeyInfo: publicKeyInfo(publicKey),
    extensions: new Extensions([
      // It signs leaves, and no authority beneath it.
      extension(
        id_ce_basicConstraints,
        new BasicConstraints({ cA: true, pathLenConstraint: 0 }),
        true,
      ),
      extension(
        id_ce_keyUsage,
        new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign),
        true,
      ),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(id)),
      extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: id })),
    ]),
  });
}
