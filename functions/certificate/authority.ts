import * as z from 'zod/mini';
import { customResource } from '../shared/custom-resource.ts';
import { AuthorityUnavailable, InvalidInput } from '../shared/errors.ts';
import { authorityCertificate } from './authority-certificate.ts';
import { readBirth, readPublicKey, signWith } from './authority-key.ts';
import { notAfterOf, seal } from './x509.ts';

/** CloudFormation hands every property over as text. */
const Properties = z.object({
  Site: z.string().check(z.minLength(1)),
  /** Of the authority in the configuration: `1`. */
  Number: z.string().check(z.regex(/^[1-9][0-9]{0,3}$/)),
  /** ARN of its KMS key. */
  Key: z.string().check(z.minLength(1)),
  /** The day it is signed anew, `2027-03-01`; without one it is signed at its key's birth. */
  Signed: z.optional(z.iso.date()),
});

/**
 * Makes the certificate of one of the site's authorities, for CloudFormation: attributes `Pem`,
 * `Fingerprint` (SHA-256, `AA:BB:…`) and `NotAfter` (ISO 8601).
 *
 * Changes nothing: the certificate follows from the key and the configuration.
 */
export const create = customResource(
  Properties,
  async ({ Site, Number: number, Key, Signed }, { kms }) => {
    const signed =
      Signed === undefined ? await readBirth(kms, Key) : new Date(`${Signed}T00:00:00Z`);
    if (signed > new Date()) {
      throw new InvalidInput(
        `certificate.authorities: authority ${number} is signed on ${Signed}, which is yet to come ` +
          'in UTC. Write today or a day before: devices would refuse it until then',
      );
    }
    const publicKey = await readPublicKey(kms, Key);
    const unsigned = authorityCertificate({
      publicKey,
      site: Site,
      number: Number(number),
      signed,
    });
    const certificate = await seal(unsigned, (bytes) => signWith(kms, Key, bytes));
    if (!certificate.verify(publicKey)) {
      throw new AuthorityUnavailable(
        `what KMS signed with ${Key} is not signed with its public key`,
      );
    }
    return {
      Pem: certificate.toString(),
      Fingerprint: certificate.fingerprint256,
      NotAfter: notAfterOf(certificate),
    };
  },
);
