import type { Subject, TroubleClass } from '../shared/incident.ts';
import type { NodeName } from '../shared/operations-table.ts';

/** One thing that was found, for the record: `dicom-echo`: `timeout`. */
export interface Finding {
  readonly check:
    | 'ec2-state'
    | 'system-check'
    | 'instance-check'
    | 'volume-check'
    | 'web'
    | 'dicom'
    | 'host'
    | 'database'
    | 'rds'
    | 'storage'
    | 'agent'
    | 'observer';
  /** In the words of whoever said it. */
  readonly result: string;
}

/** What is wrong with one subject, as it stands at one look. */
export interface Trouble {
  readonly class: TroubleClass;
  /** One word for what is wrong, from which repair is chosen: `orthanc-hung`. */
  readonly cause: Cause;
  /** A sentence for the operator. */
  readonly reason: string;
  readonly findings: readonly Finding[];
}

/** In the words of the operator's messages and of the runbook; each has its section there. */
export type Cause =
  // of one node
  | 'stopped'
  | 'missing'
  | 'system'
  | 'volume'
  | 'unreachable'
  | 'docker'
  | 'nginx'
  | 'orthanc-down'
  | 'orthanc-hung'
  | 'dicom'
  | 'certificate'
  | 'clock'
  | 'disk'
  | 'drained'
  | 'way-to-database'
  | 'way-to-storage'
  // of what both share
  | 'database'
  | 'storage'
  // a node works, and something about it is to be mended
  | 'agent'
  | 'disk-filling'
  | 'clock-drift'
  // of who looks
  | 'observer'
  | 'unanswered';

/** How a node stands at one look. */
export type NodeStanding =
  /** A client is served, as far as anybody can tell; `proof`: seen so in this look. */
  | 'serves'
  /** It is not meant to serve right now: stopped by plan, starting, or changed by a person. */
  | 'planned'
  /** A client is not served. */
  | 'fails'
  /** Nobody can tell. */
  | 'unseen';

/** What one look comes to. */
export interface Judgement {
  readonly nodes: Readonly<
    Record<NodeName, { readonly standing: NodeStanding; readonly reason: string }>
  >;
  /** At most one trouble for each subject; none where all is well or planned. */
  readonly troubles: Readonly<Partial<Record<Subject, Trouble>>>;
  /** Subjects of which this look says nothing: their incidents stay as they are. */
  readonly withheld: readonly Subject[];
}
