import type {
  HostWord,
  NodeObservation,
  Observation,
} from '../../../functions/health/observation.ts';
import type { NodeName } from '../../../functions/shared/operations-table.ts';
import type { PortSight, Sight } from '../../../functions/shared/view.ts';
import { iso } from './time.ts';

/** When everything here was seen. */
export const NOON = '12:00';

/** The certificate that a node shows, and is to be trusted by. */
const SHOWN: PortSight = { trusted: true, fingerprint: 'AA:01', notAfter: iso('2027-02-01T12:00') };

/** What a client sees of a node that serves. */
export const wellSeen = (more: { web?: object; dicom?: object } = {}): Sight => ({
  at: iso(NOON),
  web: { ...SHOWN, status: 200, ...more.web },
  dicom: { ...SHOWN, echo: true, ...more.dicom },
});

const shut = (said: string): Sight => ({
  at: iso(NOON),
  web: { trusted: false, said },
  dicom: { trusted: false, said },
});

/** nginx is dead; nothing is heard; nginx hangs. */
export const REFUSED = shut('connect ECONNREFUSED 10.0.0.7:443');
export const SILENT = shut('connect ETIMEDOUT 10.0.0.7:443');
export const MUTE = shut('no answer within 8 s');

/** What nginx answers for an Orthanc that is dead, hangs, or has lost its database. */
export const ORTHANC_DEAD = wellSeen({
  web: { status: 502, orthanc: 502 },
  dicom: { echo: false, said: 'C-ECHO: the connection was closed without an answer' },
});
export const ORTHANC_HUNG = wellSeen({
  web: { status: 504, orthanc: 504 },
  dicom: { echo: false, said: 'C-ECHO: no answer within 8 s' },
});
export const NO_DATABASE = wellSeen({ web: { status: 503, orthanc: 200 } });
export const UNTRUSTED: Sight = {
  at: iso(NOON),
  web: { ...SHOWN, trusted: false, said: 'self-signed certificate' },
  dicom: { ...SHOWN, trusted: false, said: 'self-signed certificate' },
};

export const word = (verdict = 'serves', more: Partial<HostWord> = {}): HostWord => ({
  at: iso(NOON),
  serves: verdict === 'serves' || verdict === 'disk-full',
  verdict,
  reason: verdict === 'serves' ? '' : `${verdict}, it says`,
  ...more,
});

const ADDRESSES = { a: '10.0.0.7', b: '10.0.0.8' } as const;

/** A node that runs and serves, or what differs. */
export function nodeSeen(node: NodeName, more: Partial<NodeObservation> = {}): NodeObservation {
  return {
    instance: {
      instanceId: `i-${node}`,
      state: 'running',
      address: `${node}.example.org`,
      privateAddress: ADDRESSES[node],
      names: [`${node}.example.org`],
      launchedAt: iso('07:01'),
    },
    checks: { system: 'ok', instance: 'ok', volume: 'ok' },
    online: true,
    sight: wellSeen(),
    ...more,
  };
}

/** Likewise the whole site. */
export const seen = (
  more: {
    readonly a?: Partial<NodeObservation>;
    readonly b?: Partial<NodeObservation>;
  } & Partial<Omit<Observation, 'nodes'>> = {},
): Observation => {
  const { a, b, ...rest } = more;
  return {
    nodes: { a: nodeSeen('a', a), b: nodeSeen('b', b) },
    database: { status: 'available', sight: { at: iso(NOON), reached: 'reached' } },
    storage: { ok: true },
    unanswered: [],
    ...rest,
  };
};

/** A database that is away as RDS says it, and as it answers. */
export const database = (
  status: string,
  reached: 'reached' | 'refused' | 'silent',
): Observation['database'] => ({ status, sight: { at: iso(NOON), reached } });

/** Nobody could look from inside the network. */
export const unlooked = (more: Partial<Omit<Observation, 'nodes'>> = {}): Observation => {
  const { sight: _a, ...a } = nodeSeen('a');
  const { sight: _b, ...b } = nodeSeen('b');
  return {
    ...seen({ blind: 'the probe was not run: TooManyRequestsException', ...more }),
    nodes: { a, b },
    database: { status: 'available' },
  };
};
