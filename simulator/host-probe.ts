import type { X509Certificate } from 'node:crypto';
import type { ScriptResult } from './host.ts';
import type { Ailments } from './host-ailments.ts';
import { complaint, endOf, type Generation, type Nginx, namesIn, type Served } from './host-tls.ts';

/** What the model knows of a host that its probe would see. */
export interface HostState {
  /** It was told to take no clients. */
  readonly drained: boolean;
  /** Its pair; none while no boot has come as far as making one. */
  readonly tls: Served;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly nginx: Nginx | 'hung';
  /** What nginx answers for Orthanc without its database, and with it. */
  readonly orthanc: 200 | 502 | 504;
  readonly deep: 200 | 502 | 503 | 504;
  readonly database: 'reached' | 'refused' | 'silent';
  /** What containers put into the bucket of images comes back. */
  readonly stores: boolean;
  readonly ailments: Ailments;
  /** The name of the bundle that it runs. */
  readonly bundle: string;
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
  'orthanc-down': 'Orthanc does not run, or takes no connections.',
  'orthanc-hung': 'Orthanc takes connections and does not answer as it should (',
  'database-failing': 'Orthanc answers, but not from its database (',
  'storage-failing': 'The bucket of images: ',
  'disk-full': 'The disk of this host is full.',
} as const;

type Finding = keyof typeof REASONS | 'serves';

/** What does not run, runs again by Docker, if that answers. */
const DOWN: ReadonlySet<Finding> = new Set(['nginx-down', 'orthanc-down']);

/** What `probe.sh` ends with on a host in this state. */
export function probed(state: HostState): ScriptResult {
  const { tls, now, ailments } = state;
  const listens = state.nginx === 'runs';
  const finding = findingOn(state);
  const [verdict, reason] = saidOf(state, finding);
  const serves = verdict === 'serves' || verdict === 'disk-full';
  const shown = (of: Generation | undefined) =>
    listens && of ? { listens, ...shownOf(of.certificate, now) } : { listens: false };
  const seen = {
    containers: ailments.has('dead docker') ? null : containersOf(state),
    web: shown(tls.web),
    dicom: shown(tls.dicom),
    pair: pairOf(tls.live, now),
    authorities: tls.live?.authorities.map((one) => one.fingerprint256) ?? [],
    health: listens
      ? { nginx: 200, orthanc: state.orthanc, deep: state.deep }
      : { nginx: 0, orthanc: 0, deep: 0 },
    database:
      state.database === 'reached' ? { reached: true } : { reached: false, how: state.database },
    storage: state.stores
      ? { writes: true, reads: true }
      : { writes: false, reads: false, said: refusalOf(state) },
    ...measured(state),
    versions: { bundle: state.bundle, docker: '', compose: '', kernel: '' },
  };
  return {
    ok: serves,
    output: JSON.stringify({ serves, verdict, ...(reason && { listens, reason }), ...seen }),
  };
}

/** In the order of the script: causes before effects. */
function findingOn({ drained, tls, now, nginx, ...state }: HostState): Finding {
  const { live, web, dicom } = tls;
  const { ailments, database, deep, orthanc, stores } = state;
  if (drained && nginx !== 'runs') return 'drained';
  if (!live || !belongs(live)) return 'certificate-mismatch';
  if (nginx !== 'runs') return 'nginx-down';
  if (web !== live || dicom !== live) return 'certificate-not-live';
  if (complaint(live.certificate, live, now)) return 'certificate-untrusted';
  if (database !== 'reached') return `database-${database}`;
  if (orthanc === 502) return 'orthanc-down';
  if (orthanc !== 200) return 'orthanc-hung';
  if (deep !== 200) return 'database-failing';
  if (!stores) return 'storage-failing';
  return ailments.has('full disk') ? 'disk-full' : 'serves';
}

/** The verdict, and where something is wrong the sentence for it. */
function saidOf(state: HostState, finding: Finding): readonly [string, string?] {
  if (finding === 'serves') return [finding];
  const reason = `${REASONS[finding]}${detailOf(state, finding)}`;
  if (DOWN.has(finding) && state.ailments.has('dead docker')) {
    return ['docker-down', `Docker does not answer. ${reason}`];
  }
  // One verdict has two reasons.
  return [finding === 'certificate-not-live' ? 'certificate-mismatch' : finding, reason];
}

function detailOf(state: HostState, finding: Finding): string {
  const { live } = state.tls;
  switch (finding) {
    case 'certificate-untrusted':
      // curl's own words are longer.
      return live ? (complaint(live.certificate, live, state.now) ?? '') : '';
    case 'orthanc-hung':
      return `${state.orthanc}).`;
    case 'database-failing':
      return `${state.deep}).`;
    case 'storage-failing':
      return refusalOf(state);
    default:
      return '';
  }
}

/** In the words of the AWS command line. */
const refusalOf = ({ ailments }: HostState): string => {
  const [code, words] =
    ailments.clockOffset === 0
      ? ['AccessDenied', 'Access Denied']
      : [
          'RequestTimeTooSkewed',
          'The difference between the request time and the current time is too large.',
        ];
  return `An error occurred (${code}) when calling the PutObject operation: ${words}`;
};

function containersOf({ nginx, orthanc }: HostState) {
  const container = (image: string, runs: boolean, healthy: boolean) => ({
    state: runs ? 'running' : 'exited',
    health: runs ? (healthy ? 'healthy' : 'unhealthy') : '',
    image,
  });
  return {
    nginx: container('nginx', nginx === 'runs' || nginx === 'hung', nginx === 'runs'),
    orthanc: container('orthancteam/orthanc', orthanc !== 502, orthanc === 200),
  };
}

/** What a host of the usual size says, and one that is short of something. */
const measured = ({ ailments }: HostState) => ({
  disk: ailments.has('full disk')
    ? { usedPercent: 100, inodesUsedPercent: 4, freeMiB: 16 }
    : { usedPercent: 31, inodesUsedPercent: 4, freeMiB: 20_480 },
  memory: { availablePercent: ailments.has('scarce memory') ? 3 : 46 },
  clock: { offsetSeconds: ailments.clockOffset },
});

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
