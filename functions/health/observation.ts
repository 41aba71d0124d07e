import type { InstanceTruth, StatusChecks } from '../shared/instances.ts';
import type { NodeName } from '../shared/operations-table.ts';
import type { DatabaseSight, Sight } from '../shared/view.ts';

/** What a host says of itself when it is asked over Systems Manager (`compose/host/probe.sh`). */
export interface HostWord {
  /** When its probe ended, ISO 8601. */
  readonly at: string;
  readonly serves: boolean;
  /** The script's own word: `serves`, `nginx-down`, `orthanc-hung`, `database-silent`, … */
  readonly verdict: string;
  /** The script's sentence for an operator; empty where it serves. */
  readonly reason: string;
  readonly disk?: { readonly usedPercent: number; readonly inodesUsedPercent: number };
  readonly memory?: { readonly availablePercent: number };
  readonly clock?: { readonly offsetSeconds: number };
}

/** What is known of one node, each part absent where it could not be read or was not asked. */
export interface NodeObservation {
  readonly instance?: InstanceTruth;
  readonly checks?: StatusChecks;
  /** Whether its agent answers Systems Manager. */
  readonly online?: boolean;
  /** What a client inside the network saw, the last of the looks. */
  readonly sight?: Sight;
  readonly host?: HostWord;
  /** A command that changes the host is running on it, sent by a person: its document. */
  readonly busy?: string;
}

/** All that one look at the site has brought. */
export interface Observation {
  readonly nodes: Readonly<Record<NodeName, NodeObservation>>;
  readonly database: {
    /** RDS's own word for its status; absent where RDS gave no answer. */
    readonly status?: string;
    readonly sight?: DatabaseSight;
  };
  /** What came of writing a small object into the bucket of images; absent where nobody tried. */
  readonly storage?: { readonly ok: boolean; readonly said?: string };
  /** Why nobody could look from inside the network; absent where somebody did. */
  readonly blind?: string;
  /** What AWS did not answer, each as a sentence: `EC2: RequestLimitExceeded`. */
  readonly unanswered: readonly string[];
}
