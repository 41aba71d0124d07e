import type { PortSight, Sight } from './view.ts';

/** What was seen serves clients: both ports are to be trusted, and answer all the way through. */
export const serves = (sight: Sight): boolean => complaint(sight) === undefined;

/** Both ports show the certificate with this SHA-256. */
export const shows = ({ web, dicom }: Sight, fingerprint: string): boolean =>
  web.fingerprint === fingerprint && dicom.fingerprint === fingerprint;

/**
 * What a client would complain about, in a sentence for the operator; undefined where it has no reason.
 *
 * An association that needs a certificate of the client's is not tried, and no reason to complain.
 */
export function complaint({ web, dicom }: Sight): string | undefined {
  const wrong = [wrongWith(443, web) ?? unwell(web), wrongWith(11_112, dicom) ?? mute(dicom)];
  const sentence = wrong.filter((one) => one !== undefined).join('; ');
  return sentence === '' ? undefined : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

function wrongWith(port: number, { trusted, fingerprint, said }: PortSight): string | undefined {
  if (trusted) return undefined;
  const what = fingerprint === undefined ? 'reached' : 'trusted';
  return `port ${port} is not to be ${what}${because(said)}`;
}

function unwell({ status, said }: Sight['web']): string | undefined {
  if (status === undefined) return `port 443 does not answer${because(said)}`;
  return status === 200
    ? undefined
    : `port 443 answers ${status} when asked as far as the database`;
}

const mute = ({ echo, said }: Sight['dicom']): string | undefined =>
  echo === false ? `port 11112 does not answer as it should${because(said)}` : undefined;

const because = (said: string | undefined): string => (said ? ` (${said})` : '');
