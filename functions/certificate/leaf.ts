import type { KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { AuthorityUnavailable, RequestRefused } from '../shared/errors.ts';
import { isDnsName } from './names.ts';
import { PROFILE } from './profile.ts';
import {
  extension,
  keyIdentifier,
  notAfterOf,
  publicKeyInfo,
  serialOf,
  sha256WithRsa,
  subject,
  wholeSeconds,
} from './x509.ts';

export interface LeafOf {
  readonly publicKey: KeyObject;
  readonly site: string;
  readonly node: 'a' | 'b';
  /** DNS names and addresses, the one that clients are to use first. */
  readonly names: readonly string[];
  readonly authority: X509Certificate;
  readonly now: Date;
  /** Sixteen bytes of chance. */
  readonly serial: Uint8Array;
}

/**
 * The certificate of a node, to be signed by its authority.
 *
 * @throws AuthorityUnavailable where the authority would not outlive it.
 * @throws RequestRefused where there is no name to certify, or one that is none.
 */
export function leaf(of: LeafOf): TBSCertificate {
  const notBefore = new Date(wholeSeconds(of.now).getTime() - PROFILE.backdateSeconds * 1000);
  const notAfter = new Date(notBefore.getTime() + PROFILE.leaf.days * 86_400_000);
  if (notAfter > new Date(of.authority.validTo)) {
    throw new AuthorityUnavailable(
      `the authority ends on ${notAfterOf(of.authority)}, before a certificate of ` +
        `${PROFILE.leaf.days} days would: sign the authority anew, see docs/certificates.md`,
    );
  }
  const issuer = AsnConvert.parse(of.authority.raw, Certificate).tbsCertificate.subject;
  return new TBSCertificate({
    version: Version.v3,
    serialNumber: serialOf(of.serial),
    signature: sha256WithRsa(),
    issuer,
    validity: new Validity({ notBefore, notAfter }),
    // No DNS name: those of EC2 may be longer than a common name, and clients look at the SAN.
    subject: subject(`orthweb-${of.site}-${of.node}`),
    subjectPublicKeyInfo: publicKeyInfo(of.publicKey),
    extensions: new Extensions([
      extension(id_ce_basicConstraints, new BasicConstraints(), true),
      extension(
        id_ce_keyUsage,
        new KeyUsage(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment),
        true,
      ),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, new SubjectAlternativeName(alternatives(of.names))),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(of.publicKey))),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifier(of.authority.publicKey) }),
      ),
    ]),
  });
}

function alternatives(names: readonly string[]): GeneralName[] {
  const distinct = [...new Set(names)];
  if (distinct.length === 0) throw new RequestRefused('the node has neither name nor address');
  if (distinct.length > PROFILE.leaf.names) {
    throw new RequestRefused(`${distinct.length} names are more than ${PROFILE.leaf.names}`);
  }
  return distinct.map((name) => {
    if (isIP(name)) return new GeneralName({ iPAddress: name });
    if (!isDnsName(name)) throw new RequestRefused(`"${name}" is no DNS name`);
    return new GeneralName({ dNSName: name });
  });
}
