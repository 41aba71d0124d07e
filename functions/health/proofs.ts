import type { Proofs } from '../shared/advice.ts';
import { NODES } from '../shared/operations-table.ts';
import type { Judgement } from './judgement.ts';
import type { Observation } from './observation.ts';

/**
 * Where clients can go, and who has seen it: the view from inside the network where there is one, else
 * what hosts say of themselves. Never both in one message: each has its own worth.
 */
export function proofsOf(
  { nodes }: Judgement,
  seen: Observation,
): { readonly proofs: Proofs; readonly seenFrom: string } {
  // A host that denies it is no address to be sent to, though a client has just been served.
  const byView = NODES.filter(
    (node) => nodes[node].standing === 'serves' && seen.nodes[node].host?.serves !== false,
  );
  const views = byView.flatMap((node) => proof(node, seen.nodes[node].sight?.at));
  if (views.length > 0) {
    return { proofs: Object.fromEntries(views), seenFrom: 'from inside the network' };
  }
  const words = NODES.filter((node) => nodes[node].standing === 'unseen').flatMap((node) => {
    const { host } = seen.nodes[node];
    return host?.serves && seen.storage?.ok !== false ? proof(node, host.at) : [];
  });
  return { proofs: Object.fromEntries(words), seenFrom: 'on the host itself' };

  function proof(node: 'a' | 'b', at: string | undefined) {
    const address = seen.nodes[node].instance?.address;
    return at && address ? [[node, { at, address }] as const] : [];
  }
}
