import type { X509Certificate } from 'node:crypto';
import type { ScriptResult } from './host.ts';
import { complaint, endOf, type Generation, namesIn, type Served } from './host-tls.ts';

/** What the model knows of a host that its probe would see. */
export interface HostState {
  /** It was told to take no clients. */
  readonly drained: boolean;
  /** Its pair; none while no boot has come as far as making one. */
  readonly tls: Served;
  /** Epoch milliseconds. */
  readonly now: number;
  /** nginx takes connections. */
  readonly listens: boolean;
  readonly database: 'reached' | 'refused' | 'silent';
  /** What containers put into the bucket of images comes back. */
  readonly stores: boolean;
}

/** Each verdict that the model can come to, with the words of `compose/host/probe.sh` for it. */
const REASONS = {
  drained: 'This host is drained: it takes no clients until it is told to.',
  'certificate-mismatch': 'Key and certificate do not belong together, or are not there.',
  'nginx-down': 'nginx does not run, or does not answer.',
  'certificate-not-live': 'nginx does not serve the certificate that is live on this host.',
  'certificate-untrusted': 'Clients refuse the certificate: ',
  'database-refused': 'The database refuses connections.',
  'database-silent': 'Nothing is heard from the database.',
  'storage-failing':
    'The bucket of images: An error occurred (AccessDenied) when calling the PutObject operation: ' +
    'Access Denied',
} as const;

type Finding = keyof typeof REASONS | 'serves';

/** What `probe.sh` ends with on a host in this state. */
export function probed(state: HostState): ScriptResult {
  const { listens, tls, now } = state;
  const finding = findingOn(state);
  const serves = finding === 'serves';
  // One verdict has two reasons.
  const verdict = finding === 'certificate-not-live' ? 'certificate-mismatch' : finding;
  const reason = serves ? undefined : `${REASONS[finding]}${said(state, finding)}`;
  const shown = (of: Generation | undefined) =>
    listens && of ? { listens, ...shownOf(of.certificate, now) } : { listens: false };
  const seen = {
    web: shown(tls.web),
    dicom: shown(tls.dicom),
    pair: pairOf(tls.live, now),
    authorities: tls.live?.authorities.map((one) => one.fingerprint256) ?? [],
  };
  return {
    ok: serves,
    output: JSON.stringify({ serves, verdict, ...(!serves && { listens, reason }), ...seen }),
  };
}

/** In the order of the script: causes before effects. */
function findingOn({ drained, tls, now, listens, database, stores }: HostState): Finding {
  const { live, web, dicom } = tls;
  if (drained && !listens) return 'drained';
  if (!live || !belongs(live)) return 'certificate-mismatch';
  if (!listens) return 'nginx-down';
  if (web !== live || dicom !== live) return 'certificate-not-live';
  if (complaint(live.certificate, live, now)) return 'certificate-untrusted';
  if (database !== 'reached') return `database-${database}`;
  return stores ? 'serves' : 'storage-failing';
}

/** curl's own words are longer. */
const said = ({ tls: { live }, now }: HostState, finding: Finding): string =>
  finding === 'certificate-untrusted' && live ? (complaint(live.certificate, live, now) ?? '') : '';

/** Key and certificate are of one pair, as far as the key is known. */
export const belongs = ({ key, certificate }: Generation): boolean =>
  !key || certificate.checkPrivateKey(key.privateKey);

const DAY_MS = 86_400_000;

const shownOf = (certificate: X509Certificate, now: number) => ({
  fingerprint: certificate.fingerprint256,
  daysLeft: Math.floor((endOf(certificate) - now) / DAY_MS),
});

const pairOf = (live: Generation | undefined, now: number) =>
  live && belongs(live)
    ? {
        matches: true,
        ...shownOf(live.certificate, now),
        notAfter: new Date(endOf(live.certificate)).toISOString().replace('.000Z', 'Z'),
        names: namesIn(live.certificate),
        generation: live.id,
      }
    : { matches: false };
