import type { Subject } from '../shared/incident.ts';
import { NODES, type NodeName, type SiteState } from '../shared/operations-table.ts';
import { causeOfNode, findingsOn } from './cause-of-node.ts';
import { flawOf } from './flaw.ts';
import type { Judgement, Trouble } from './judgement.ts';
import type { Observation } from './observation.ts';
import { databaseTrouble, isAftermath, isOverDatabase, storageTrouble } from './shared-cause.ts';
import { isServed, type Standing, standingOf } from './standing.ts';

/**
 * Says of each node, and of what both share, how it stands.
 *
 * What cannot be seen is not called sick, and what both share is not called a node's: a node's own
 * trouble is what is left when everything else has been ruled out.
 */
export function judge(site: SiteState, seen: Observation, now: Date): Judgement {
  const nodes = { a: standingOf('a', site, seen, now), b: standingOf('b', site, seen, now) };
  const troubles: Partial<Record<Subject, Trouble>> = {};
  const withheld = new Set<Subject>();

  const observer = observerTrouble(nodes, seen);
  if (observer) troubles.observer = observer;
  for (const node of NODES) if (nodes[node].standing === 'unseen') withheld.add(node);
  const meant = NODES.filter((node) => nodes[node].standing !== 'planned');
  if (meant.length > 0 && !seen.database.sight) withheld.add('database');
  if (meant.length > 0 && !seen.storage) withheld.add('storage');

  const failing = NODES.filter((node) => nodes[node].standing === 'fails');
  const failures = failing.map((node) => ({ node, ...causeOfNode(node, seen.nodes[node]) }));
  const storage = meant.length > 0 ? storageTrouble(failures, seen) : undefined;
  if (storage) troubles.storage = storage;
  const database = databaseTrouble(failures, seen);
  if (database) troubles.database = database;
  const after = {
    database: !database && isAftermath(site.incidents.database, now),
    storage: !storage && isAftermath(site.incidents.storage, now),
  };
  for (const failure of failures) {
    const { node, cause, reason } = failure;
    const isOverStorage =
      (cause === 'way-to-storage' && (storage || after.storage)) ||
      (storage && isServed(seen.nodes[node].sight));
    const shared = isOverStorage ? 'storage' : isOverDatabase(failure) ? 'database' : undefined;
    if (shared && (troubles[shared] || after[shared])) {
      // Whatever else may be wrong with it cannot be told now.
      withheld.add(node);
      if (after[shared] && site.incidents[shared]?.value.goodSince) withheld.add(shared);
      continue;
    }
    troubles[node] = { class: 'node', cause, reason, findings: findingsOn(seen.nodes[node]) };
  }
  for (const node of NODES) {
    const flaw = nodes[node].standing === 'serves' && flawOf(node, seen.nodes[node]);
    if (flaw) troubles[node] = { ...flaw, findings: findingsOn(seen.nodes[node]) };
  }
  return { nodes, troubles, withheld: [...withheld] };
}

/** What keeps who looks from seeing what there is; the nodes may be well. */
function observerTrouble(
  nodes: Readonly<Record<NodeName, Standing>>,
  seen: Observation,
): Trouble | undefined {
  const unseen = NODES.filter((node) => nodes[node].standing === 'unseen');
  const isBlind = seen.blind && NODES.some((node) => nodes[node].standing !== 'planned');
  if (unseen.length === 0 && !isBlind) return undefined;
  const findings = unseen.flatMap((node) => findingsOn(seen.nodes[node]));
  const observer = { check: 'observer' as const, result: seen.blind ?? seen.unanswered.join('; ') };
  const trouble = (cause: 'observer' | 'unanswered', reason: string): Trouble => ({
    class: cause === 'observer' ? 'blind' : 'unknown',
    cause,
    reason,
    findings: observer.result ? [observer, ...findings] : findings,
  });
  if (seen.blind) return trouble('observer', `Orthweb cannot look at the nodes: ${seen.blind}.`);
  if (unseen.some((node) => !seen.nodes[node].instance)) {
    return trouble('unanswered', `AWS does not answer: ${seen.unanswered.join('; ')}.`);
  }
  const names = unseen.map((node) => `node ${node}`).join(' and ');
  return trouble('observer', `Orthweb does not reach ${names} from inside the network.`);
}
