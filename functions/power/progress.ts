import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import type { Progress } from './run.ts';
import type { Truth } from './truth.ts';

/** Takes in what the commands that were under way have brought. */
export function learn(progress: Progress, truth: Truth, now: Date): Progress {
  const commands = { ...progress.commands };
  const drained = { ...progress.drained };
  const proofs = { ...progress.proofs };
  const unproven = { ...progress.unproven };
  for (const node of NODES) {
    const sent = commands[node];
    const result = truth.commands[node];
    if (!sent) continue;
    const overdue = secondsBetween(sent.sentAt, now) >= CLOCKS.drain;
    if (result?.state !== 'ended' && !overdue) continue;
    delete commands[node];
    if (sent.kind === 'drain') drained[node] = now.toISOString();
    else if (result?.state === 'ended' && result.ok) {
      proofs[node] = { at: result.at, address: truth.nodes[node].address ?? '' };
      delete unproven[node];
    } else {
      unproven[node] = result?.state === 'ended' ? result.said : 'the probe gave no answer';
    }
  }
  return { ...progress, commands, drained, proofs, unproven };
}

/** Closes the phase that is over and opens the next, with its seconds. */
export function advance(progress: Progress, phase: string, now: Date): Progress {
  if (phase === progress.phase) return progress;
  const seconds = Math.round(secondsBetween(progress.phaseSince, now));
  const finished = progress.phase === 'begin' ? [] : [{ name: progress.phase, seconds }];
  return {
    ...progress,
    phase,
    phaseSince: now.toISOString(),
    phases: [...progress.phases, ...finished],
  };
}

/** A proof counts for a little less than the bound, so that it still holds when it is used. */
export const isProven = (progress: Progress, node: NodeName, now: Date): boolean => {
  const proof = progress.proofs[node];
  return proof !== undefined && secondsBetween(proof.at, now) < CLOCKS.evidence - 15;
};
