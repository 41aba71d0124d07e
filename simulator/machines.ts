import type { NodeName } from '../functions/shared/operations-table.ts';

/** Something that is done to a machine that stands for a node, or to the one that is the database. */
export type Order =
  | { readonly do: 'boot' | 'power off' | 'crash' | 'kill orthanc'; readonly node: NodeName }
  | {
      readonly do: 'run';
      readonly node: NodeName;
      /** `drain` */
      readonly script: string;
      /** The content of the Command document that runs it. */
      readonly document: unknown;
      readonly parameters: Readonly<Record<string, string>>;
    }
  | { readonly do: 'start' | 'stop' }
  /** Nothing is done but to wait for a while until clients of the node are served. */
  | { readonly do: 'wait'; readonly node: NodeName };

/** What a client sees of a node. */
export interface Sight {
  /** It gets an answer through nginx, Orthanc and the database. */
  readonly serves: boolean;
  /** nginx takes its connections. */
  readonly listens: boolean;
}

/** What came of an order. */
export interface Done {
  readonly code: number;
  /** What it said at its end, in one line. */
  readonly output: string;
  /** How long it really took. */
  readonly seconds: number;
  /** What a client sees now. */
  readonly sight: Readonly<Record<NodeName, Sight>>;
}

/**
 * Machines that stand in for the model's hosts and its database. A call returns when all is done:
 * virtual time stands still meanwhile.
 */
export interface Machines {
  /** True time at which they were made, epoch milliseconds. */
  readonly since: number;
  do(order: Order): Done;
}
