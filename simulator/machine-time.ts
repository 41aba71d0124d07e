import { sign, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, Validity } from '@peculiar/asn1-x509';
import { NotModelled } from './aws-error.ts';
import { certificatesIn, endOf, startOf } from './host-tls.ts';
import type { Authority } from './issue.ts';
import type { RsaKey } from './rsa-key.ts';

type Parameters = Readonly<Record<string, string>>;

/** How far profiles date certificates back. */
const BACKDATED_MS = 3_600_000;

/**
 * Stands between a play, whose time is any, and machines, whose clocks are right. What is issued in
 * the play is valid there: on its way to a machine it is dated anew, for as long as before, and
 * signed again by the key that signed it. What a machine says of it is said of the issued one.
 */
export class MachineTime {
  private readonly authorities: () => readonly Authority[];
  private readonly since: number;
  /** What was issued in the play, by the fingerprint of what a machine has instead. */
  private readonly issued = new Map<string, X509Certificate>();

  /** `authorities` as they are when it is asked for; `since`: true time at which the machines were made, epoch milliseconds. */
  constructor(authorities: () => readonly Authority[], since: number) {
    this.authorities = authorities;
    this.since = since;
  }

  /** The parameters of a script as a machine is to have them. */
  toMachine(parameters: Parameters): Parameters {
    const { Certificate: leaf, Authorities: bundle } = parameters;
    if (leaf === undefined || bundle === undefined) return parameters;
    const pem = certificatesIn(Buffer.from(bundle, 'base64').toString())
      .map((one) => this.dated(one).toString())
      .join('');
    return {
      ...parameters,
      Certificate: this.dated(new X509Certificate(Buffer.from(leaf, 'base64'))).raw.toString(
        'base64',
      ),
      Authorities: Buffer.from(pem).toString('base64'),
    };
  }

  /** A line of a machine as the play is to have it. */
  fromMachine(output: string): string {
    try {
      return JSON.stringify(JSON.parse(output, (_key, value) => this.original(value)));
    } catch {
      return output;
    }
  }

  private original(value: unknown): unknown {
    if (typeof value === 'string') return this.issued.get(value)?.fingerprint256 ?? value;
    if (typeof value !== 'object' || value === null || !('notAfter' in value)) return value;
    // What is in it has been looked at before.
    const found = [...this.issued.values()].find(
      (one) => 'fingerprint' in value && one.fingerprint256 === value.fingerprint,
    );
    return found ? { ...value, notAfter: isoOf(endOf(found)) } : value;
  }

  private dated(certificate: X509Certificate): X509Certificate {
    const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(certificate.raw, Certificate);
    const begin = Math.floor((this.since - BACKDATED_MS) / 1000) * 1000;
    tbsCertificate.validity = new Validity({
      notBefore: new Date(begin),
      notAfter: new Date(begin + endOf(certificate) - startOf(certificate)),
    });
    const bytes = Buffer.from(AsnConvert.serialize(tbsCertificate));
    const signature = sign('sha256', bytes, this.signerOf(certificate).privateKey);
    const again = new Certificate({
      tbsCertificate,
      signatureAlgorithm,
      signatureValue: new Uint8Array(signature).buffer,
    });
    const made = new X509Certificate(new Uint8Array(AsnConvert.serialize(again)));
    this.issued.set(made.fingerprint256, certificate);
    return made;
  }

  private signerOf(certificate: X509Certificate): RsaKey {
    const authority = this.authorities().find(({ key }) => certificate.verify(key.publicKey));
    if (authority) return authority.key;
    throw new NotModelled(`a machine is given a certificate of "${certificate.issuer}"`);
  }
}

/** In whole seconds, as a probe says it: `2027-02-28T11:07:33Z`. */
const isoOf = (instant: number): string => new Date(instant).toISOString().replace('.000Z', 'Z');
