import { NODES, type NodeName, type SiteState } from '../shared/operations-table.ts';
import { serves } from '../shared/sight.ts';
import type { Sight } from '../shared/view.ts';
import { causeOfNode, isOutOfSight } from './cause-of-node.ts';
import type { NodeStanding } from './judgement.ts';
import type { NodeObservation, Observation } from './observation.ts';
import { plannedBecause } from './planned.ts';

export interface Standing {
  readonly standing: NodeStanding;
  readonly reason: string;
}

/**
 * How a node stands. A client that is served beats whatever AWS or the host itself says, but for what
 * no client sees from outside: whether images can be stored.
 */
export function standingOf(
  node: NodeName,
  site: SiteState,
  seen: Observation,
  now: Date,
): Standing {
  const is = (standing: NodeStanding, reason: string): Standing => ({ standing, reason });
  const of = seen.nodes[node];
  const { instance, sight, host } = of;
  const planned = plannedBecause(node, site, of, now);
  if (planned) return is('planned', planned);
  if (isServed(sight)) {
    if (host && isOutOfSight(host)) return is('fails', causeOfNode(node, of).reason);
    if (seen.storage?.ok === false) return is('fails', 'the bucket of images takes nothing');
    return is('serves', `a client is served${host?.serves ? ', and the host says so too' : ''}`);
  }
  if (!instance) return is('unseen', 'AWS does not say how it is');
  const { reason } = causeOfNode(node, of);
  if (instance.state !== 'running') return is('fails', reason);
  if (host?.serves && isSilent(sight)) return is('unseen', 'it says of itself that it serves');
  if (host && !host.serves) return is('fails', reason);
  if (!sight) return is('unseen', 'nobody could look');
  if (!host && isSilent(sight) && hearsNothing(seen)) {
    return is('unseen', 'who looks hears nothing of anything');
  }
  return is('fails', reason);
}

export const isServed = (sight: Sight | undefined): boolean => sight !== undefined && serves(sight);

/** Nothing answers at all: not even that nobody is there. */
const isSilent = (sight: Sight | undefined): boolean =>
  sight === undefined ||
  [sight.web, sight.dicom].every(
    ({ trusted, fingerprint, said = '' }) =>
      !trusted && fingerprint === undefined && !said.includes('ECONNREFUSED'),
  );

/** Neither a node nor the database is heard, and EC2 finds nothing wrong with any machine. */
const hearsNothing = ({ nodes, database }: Observation): boolean =>
  database.sight?.reached === 'silent' &&
  NODES.every((node) => isSilent(nodes[node].sight) && !isImpaired(nodes[node]));

const isImpaired = ({ checks }: NodeObservation): boolean =>
  [checks?.system, checks?.instance, checks?.volume].includes('impaired');
