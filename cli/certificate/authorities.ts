import { X509Certificate } from 'node:crypto';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { UserError } from '../user-error.ts';
import type { CertificateOutside } from './outside.ts';

/** An authority of a site, as its certificate says. */
export interface Authority {
  /** Its number in `certificate.authorities`; undefined where the name has none. */
  readonly number: number | undefined;
  /** `O=Orthweb, CN=Orthweb clinic CA 1`. */
  readonly subject: string;
  /** SHA-256 of the certificate, `AA:BB:…`. */
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a site publishes of its authorities. */
export interface Published {
  /** Name of the parameter. */
  readonly parameter: string;
  /** The certificates, one after another. */
  readonly pem: string;
  /** The first one signs. */
  readonly authorities: readonly Authority[];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws UserError if the site publishes none, or what is no certificate. */
export async function readAuthorities(
  ssm: CertificateOutside['ssm'],
  site: string,
): Promise<Published> {
  const parameter = `/orthweb/${site}/ca`;
  const pem = await parameterOf(ssm, parameter);
  const found = pem.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw garbled(parameter);
  return { parameter, pem, authorities: found.map((one) => parse(one, parameter)) };
}

async function parameterOf(ssm: CertificateOutside['ssm'], name: string): Promise<string> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value ?? '';
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ParameterNotFound') throw error;
    throw new UserError(
      `There is no parameter ${name}. Run npm run deploy, if the site was last deployed before it ` +
        'had an authority of its own. If the parameter was deleted, CloudFormation does not notice: ' +
        'write what https://<node>/ca.pem answers to a new one of that name, as a String.',
    );
  }
}

function parse(pem: string, parameter: string): Authority {
  try {
    const { subject, fingerprint256, validFromDate, validToDate } = new X509Certificate(pem);
    const number = / CA (\d+)$/m.exec(subject)?.[1];
    return {
      number: number === undefined ? undefined : Number(number),
      subject: subject.split('\n').join(', '),
      fingerprint: fingerprint256,
      notBefore: validFromDate,
      notAfter: validToDate,
    };
  } catch {
    throw garbled(parameter);
  }
}

const garbled = (parameter: string): UserError =>
  new UserError(
    `The parameter ${parameter} holds something else than certificates: somebody has written to ` +
      'it. Its history in the Systems Manager console has what was there before: write that back.',
  );
