import type { NodeStanding } from '../../functions/health/judgement.ts';
import { plannedBecause } from '../../functions/health/planned.ts';
import { type Incident, isOpen } from '../../functions/shared/incident.ts';
import type { NodeName, SiteState } from '../../functions/shared/operations-table.ts';
import type { Verdict } from './verdict.ts';

export interface NodeHealth {
  readonly standing: NodeStanding;
  readonly reason: string;
  /** Where clients find it; absent where it has no address now. */
  readonly address?: string;
}

/** How a site is, by a look that was made just now. */
export interface Health {
  readonly site: string;
  readonly at: Date;
  /** Nothing is there that a person is to look at. */
  readonly well: boolean;
  /** What the look came to, in a sentence or two. */
  readonly reason: string;
  readonly nodes: Readonly<Record<NodeName, NodeHealth>>;
  readonly database?: Verdict['database'];
  readonly storage?: Verdict['storage'];
  readonly incidents: readonly Incident[];
}

/** What a look and the record of the operations after it come to. */
export function healthOf(site: string, verdict: Verdict, state: SiteState, now: Date): Health {
  const { reason, troubles = {}, nodes, database, storage } = verdict;
  const incidents = Object.values(state.incidents)
    .map(({ value }) => value)
    .filter(isOpen);
  const planned = (node: NodeName): NodeHealth => ({
    standing: 'planned',
    reason: plannedBecause(node, state, {}, now) ?? reason,
  });
  return {
    site,
    at: now,
    well: incidents.length === 0 && Object.keys(troubles).length === 0,
    reason,
    nodes: nodes ? { a: nodes.a, b: nodes.b } : { a: planned('a'), b: planned('b') },
    ...(database && { database }),
    ...(storage && { storage }),
    incidents,
  };
}
