import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import type { Progress } from './run.ts';
import type { Truth } from './truth.ts';

/** Takes in what the commands that were under way have brought. */
export function learn(progress: Progress, truth: Truth, now: Date): Progress {
  const commands = { ...progress.commands };
  const drained = { ...progress.drained };
  const resumed = { ...progress.resumed };
  const proofs = { ...progress.proofs };
  const unproven = { ...progress.unproven };
  const at = now.toISOString();
  for (const node of NODES) {
    const sent = commands[node];
    if (!sent) continue;
    const result = truth.commands[node];
    const ended = result?.state === 'ended' ? result : undefined;
    if (!ended && secondsBetween(sent.sentAt, now) < CLOCKS.drain) continue;
    const { ok, said } = ended ?? { ok: false, said: `the ${sent.kind} gave no answer` };
    delete commands[node];
    if (sent.kind === 'drain') {
      drained[node] = { at, ...(!ok && { left: said }) };
    } else if (sent.kind === 'resume') {
      resumed[node] = at;
      if (ok) delete drained[node];
    } else if (ended && ok) {
      proofs[node] = { at: ended.at, address: truth.nodes[node].address ?? '' };
      delete unproven[node];
    } else {
      unproven[node] = { at, said };
    }
  }
  return { ...progress, commands, drained, resumed, proofs, unproven };
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
