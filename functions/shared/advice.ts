import { localTime } from '../power/schedule.ts';
import { CLOCKS, secondsBetween } from './clocks.ts';
import { NODES, type NodeName } from './operations-table.ts';

/** A node answered as a client would need it to: when, and at which address clients reach it. */
export interface Proof {
  readonly at: string;
  readonly address: string;
}
export type Proofs = Readonly<Partial<Record<NodeName, Proof>>>;

/** Nodes proven to serve within the minute before now: no others are ever recommended. */
export const servingNodes = (proofs: Proofs, now: Date): NodeName[] =>
  NODES.filter((node) => {
    const proof = proofs[node];
    return proof?.address && secondsBetween(proof.at, now) <= CLOCKS.evidence;
  });

/** What to do right now, in the words of a lock screen. */
export const adviceOn = (proofs: Proofs, [first]: readonly NodeName[]): string =>
  first ? `use https://${addressOf(proofs, first)}` : 'no address is proven to work';

/** Where the nodes are reached for web and DICOM, when that was seen, and from where. */
export const addressLines = (
  proofs: Proofs,
  nodes: readonly NodeName[],
  timeZone: string,
  seenFrom: string,
): string[] =>
  nodes.flatMap((node) => {
    const seen = localTime(new Date(proofs[node]?.at ?? ''), timeZone);
    return [
      `Node ${node}   https://${addressOf(proofs, node)}`,
      `         DICOM ${addressOf(proofs, node)} port 11112`,
      `         answered ${seen}, asked ${seenFrom}`,
    ];
  });

const addressOf = (proofs: Proofs, node: NodeName): string => proofs[node]?.address ?? '';
