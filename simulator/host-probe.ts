import type { ScriptResult } from './host.ts';

/** What the model knows of a host that its probe would see. */
export interface HostState {
  /** It was told to take no clients. */
  readonly drained: boolean;
  /** A boot has come as far as making a certificate. */
  readonly certified: boolean;
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
  'database-refused': 'The database refuses connections.',
  'database-silent': 'Nothing is heard from the database.',
  'storage-failing':
    'The bucket of images: An error occurred (AccessDenied) when calling the PutObject operation: ' +
    'Access Denied',
} as const;

type Verdict = keyof typeof REASONS | 'serves';

/** What `probe.sh` ends with on a host in this state. */
export function probed(state: HostState): ScriptResult {
  const verdict = verdictOn(state);
  const serves = verdict === 'serves';
  const wrong = serves ? {} : { listens: state.listens, reason: REASONS[verdict] };
  return { ok: serves, output: JSON.stringify({ serves, verdict, ...wrong }) };
}

/** In the order of the script: causes before effects. */
function verdictOn({ drained, certified, listens, database, stores }: HostState): Verdict {
  if (drained && !listens) return 'drained';
  if (!certified) return 'certificate-mismatch';
  if (!listens) return 'nginx-down';
  if (database !== 'reached') return `database-${database}`;
  return stores ? 'serves' : 'storage-failing';
}
