import type { Sight } from './view.ts';

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
  const wrong = [
    ...(web.trusted ? [] : [`port 443 is not to be trusted${because(web.said)}`]),
    ...(web.trusted && web.status !== 200 ? [unwell(web)] : []),
    ...(dicom.trusted ? [] : [`port 11112 is not to be trusted${because(dicom.said)}`]),
    ...(dicom.trusted && dicom.echo === false
      ? [`port 11112 does not answer a C-ECHO${because(dicom.said)}`]
      : []),
  ];
  if (wrong.length === 0) return undefined;
  const sentence = wrong.join('; ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

const unwell = ({ status, said }: Sight['web']): string =>
  status === undefined
    ? `port 443 does not answer${because(said)}`
    : `port 443 answers ${status} when asked as far as the database`;

const because = (said: string | undefined): string => (said ? ` (${said})` : '');
