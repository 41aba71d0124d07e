import type { Scene } from '../../../functions/certificate/moves.ts';
import type { Authority, Inspection, Progress, Run } from '../../../functions/certificate/run.ts';
import type { NodeTruth, Truth } from '../../../functions/certificate/truth.ts';
import type { Invocation } from '../../../functions/shared/host-commands.ts';
import type { CertificateRecord, NodeName } from '../../../functions/shared/operations-table.ts';
import { at, iso, secondsAfter } from './time.ts';

export type Sight = NonNullable<Progress['seen']['a']>;

export const EXECUTION = 'arn:aws:states:eu-west-2:111122223333:execution:clinic-certificate:this';
export const OTHER = 'arn:aws:states:eu-west-2:111122223333:execution:clinic-power:other';
export const GENERATION = '20261123T120000Z-0a1b2c3d';

const DAY = 86_400;

/** What is left of a certificate at noon, in days: `left(60)`. */
export const left = (days: number): string => secondsAfter(at('12:00'), days * DAY).toISOString();

export const authority = (number = 1, more: Partial<Authority> = {}): Authority => ({
  number,
  fingerprint: `CA:0${number}`,
  notAfter: left(3000),
  pem: `authority ${number}\n`,
  ...more,
});

/** All that a node is called. */
export const namesOf = (node: NodeName): string[] =>
  node === 'a'
    ? ['a.example', '203.0.113.1', 'a.internal', '10.0.0.1']
    : ['b.example', '203.0.113.2', 'b.internal', '10.0.0.2'];

/** SHA-256 of what a node serves before anything is renewed. */
export const oldOf = (node: NodeName): string => `0${node.toUpperCase()}:01`;
/** And of what is issued for it. */
export const newOf = (node: NodeName): string => `0${node.toUpperCase()}:02`;

/** A host that is well, with sixty days left at noon. */
export const inspection = (node: NodeName, more: Partial<Inspection> = {}): Inspection => ({
  at: iso('12:00'),
  serves: true,
  verdict: 'healthy',
  pair: { fingerprint: oldOf(node), notAfter: left(60), names: namesOf(node) },
  authorities: ['CA:01'],
  web: oldOf(node),
  dicom: oldOf(node),
  ...more,
});

/** What a client sees of a node that serves this certificate. */
export const sight = (
  time: string,
  fingerprint: string,
  more: { readonly web?: Partial<Sight['web']>; readonly dicom?: Partial<Sight['dicom']> } = {},
): Sight => ({
  at: iso(time),
  web: { trusted: true, fingerprint, notAfter: left(60), status: 200, ...more.web },
  dicom: { trusted: true, fingerprint, notAfter: left(60), echo: true, ...more.dicom },
});

export const record = (more: Partial<CertificateRecord> = {}): CertificateRecord => ({
  checkedAt: iso('11:00'),
  published: { 1: iso('2026-01-01T00:00') },
  issued: { fingerprint: oldOf('a'), authority: 1 },
  ...more,
});

export const progress = (more: Partial<Progress> = {}): Progress => ({
  commands: {},
  inspections: {},
  seen: {},
  addresses: {},
  renewed: {},
  ...more,
});

type More = Partial<Omit<Run, 'progress' | 'wanted'>> & {
  readonly progress?: Partial<Progress>;
  readonly wanted?: Partial<Run['wanted']>;
};

/** The daily run at noon, or else as a test wishes. */
export const run = (more: More = {}): Run => ({
  execution: EXECUTION,
  fence: 7,
  authorities: [authority()],
  beganAt: iso('12:00'),
  next: 'look',
  seconds: 0,
  steps: [],
  targets: [],
  because: '',
  seenAt: iso('12:00'),
  ...more,
  wanted: { trigger: 'daily', nodes: ['a', 'b'], force: false, dryRun: false, ...more.wanted },
  progress: progress(more.progress),
});

/** A node that runs, or else as a test wishes. */
export const node = (name: NodeName, more: Partial<NodeTruth> = {}): NodeTruth => {
  const runs = (more.state ?? 'running') === 'running';
  return {
    instanceId: `i-${name}`,
    state: 'running',
    online: runs,
    privateAddress: name === 'a' ? '10.0.0.1' : '10.0.0.2',
    names: namesOf(name),
    ...more,
  };
};

export const truth = (
  more: {
    readonly a?: Partial<NodeTruth>;
    readonly b?: Partial<NodeTruth>;
    readonly commands?: Partial<Record<NodeName, Invocation>>;
  } = {},
): Truth => ({
  nodes: { a: node('a', more.a), b: node('b', more.b) },
  commands: more.commands ?? {},
});

/** Both nodes are meant to run, and have their first certificates. */
export const scene = (time: string, ours: Run, more: Partial<Scene> = {}): Scene => ({
  run: ours,
  truth: truth(),
  now: at(time),
  wishes: { a: 'running', b: 'running' },
  records: {
    a: record(),
    b: record({ issued: { fingerprint: oldOf('b'), authority: 1 } }),
  },
  ...more,
});

export const sent = (
  kind: NonNullable<Progress['commands']['a']>['kind'],
  name: NodeName,
  time: string,
) => ({ kind, id: 'c-1', instanceId: `i-${name}`, sentAt: iso(time) });

export const issued = (name: NodeName, more: Partial<NonNullable<Progress['issued']>> = {}) => ({
  node: name,
  generation: GENERATION,
  certificate: `leaf of ${name}`,
  fingerprint: newOf(name),
  notAfter: left(90),
  names: namesOf(name),
  authority: 'CA:01',
  ...more,
});

export const renewed = (name: NodeName, time = '12:01') => ({
  at: iso(time),
  notAfter: left(90),
  names: namesOf(name),
  fingerprint: newOf(name),
  seconds: 75,
});

/** The environment of the workflow's functions. */
export const environment = (more: object = {}) => ({
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  SITE: 'clinic',
  TABLE: 'operations',
  TOPIC: 'arn:aws:sns:eu-west-2:111122223333:clinic-alerts',
  TIME_ZONE: 'Europe/London',
  PROBE_DOCUMENT: 'clinic-probe',
  REQUEST_DOCUMENT: 'clinic-certificate-request',
  INSTALL_DOCUMENT: 'clinic-certificate-install',
  ROLLBACK_DOCUMENT: 'clinic-certificate-rollback',
  AUTHORITY_PARAMETER: '/orthweb/clinic/ca',
  AUTHORITIES: '[1]',
  ...more,
});

/** What a decision asks for, as `certificate-install a`. */
export const stepsOf = ({ steps }: Pick<Run, 'steps'>): string[] =>
  steps.map((step) => `${step.kind} ${step.node}`);
