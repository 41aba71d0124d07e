import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { isOpen } from '../shared/incident.ts';
import type { NodeName, SiteState } from '../shared/operations-table.ts';
import { serves } from '../shared/sight.ts';
import type { NodeObservation } from './observation.ts';

/**
 * Why a node is not meant to serve clients right now, as a sentence; undefined where it is.
 *
 * A start counts as planned until it has been proven: power tells by itself what is late.
 */
export function plannedBecause(
  node: NodeName,
  site: SiteState,
  { instance, sight, busy }: NodeObservation,
  now: Date,
): string | undefined {
  const intent = site.intents[node]?.value;
  if (!intent) return `no run has taken up the plan for node ${node} yet`;
  if (intent.wish === 'stopped') return `it is to be stopped: ${intent.reason}`;
  if (!intent.reachedAt) return 'its start is not complete yet';
  const incident = site.incidents[node]?.value;
  // What is told stays told until it is seen to be over, whatever somebody does about it.
  if (incident && isOpen(incident)) return undefined;
  if (busy) return `a command is changing it: ${busy}`;
  // A client that is served already needs no patience, and may be sent there.
  if (sight && serves(sight)) return undefined;
  const { state = '', launchedAt = '' } = instance ?? {};
  const isYoung =
    launchedAt > intent.reachedAt && secondsBetween(launchedAt, now) < CLOCKS.bootGrace;
  return isYoung && STARTED.has(state) ? 'it has just started' : undefined;
}

const STARTED = new Set(['pending', 'running']);
