import { CLOCKS, plusSeconds, secondsBetween } from '../shared/clocks.ts';
import type { Invocation } from '../shared/host-commands.ts';
import { unnamed } from '../shared/node-names.ts';
import { NODES, type NodeName, type ResourceName } from '../shared/operations-table.ts';
import type { Progress } from './run.ts';
import type { Truth } from './truth.ts';

/** A refusal noted: the next try after a pause that doubles, up to four minutes. */
export const refused = (
  troubles: Progress['troubles'],
  resource: ResourceName,
  { attempts, text }: { readonly attempts: number; readonly text: string },
  now: Date,
): Progress['troubles'] => {
  const notBefore = plusSeconds(now, Math.min(30 * 2 ** (attempts - 1), 240));
  return { ...troubles, [resource]: { attempts, notBefore, text } };
};

/** Right after a start EC2 may still describe the instance, and why it stopped, as before. */
export const isSettling = (progress: Progress, node: NodeName, now: Date): boolean => {
  const start = progress.started[node];
  return start !== undefined && secondsBetween(start.at, now) < CLOCKS.startSettles;
};

/** Takes in what the commands and starts that were under way have brought. */
export function learn(progress: Progress, truth: Truth, now: Date): Progress {
  const commands = { ...progress.commands };
  const drained = { ...progress.drained };
  const undrained = { ...progress.undrained };
  const proofs = { ...progress.proofs };
  const unproven = { ...progress.unproven };
  const started = { ...progress.started };
  const uncertified = { ...progress.uncertified };
  let { troubles } = progress;
  const at = now.toISOString();
  for (const node of NODES) {
    const { state, fell } = truth.nodes[node];
    const start = started[node];
    // EC2 took the start and could not keep it: as good as a refusal.
    if (start && fell && !isSettling(progress, node, now)) {
      troubles = refused(troubles, node, { attempts: start.attempts + 1, text: fell }, now);
      delete started[node];
    }
    if (state === 'running') delete started[node];
    const sent = commands[node];
    if (!sent) continue;
    const result = truth.commands[node];
    const ended = result?.state === 'ended' ? result : undefined;
    if (!ended && secondsBetween(sent.sentAt, now) < CLOCKS.drain) continue;
    const { ok, said } = ended ?? { ok: false, said: `the ${sent.kind} gave no answer` };
    delete commands[node];
    if (sent.kind === 'drain') {
      drained[node] = { at, ...(!ok && { left: said }) };
    } else if (sent.kind === 'undrain') {
      undrained[node] = at;
      if (ok) delete drained[node];
    } else if (ended && lackOf(ended, truth.nodes[node].names)) {
      const reason = lackOf(ended, truth.nodes[node].names) ?? '';
      uncertified[node] = { since: uncertified[node]?.since ?? at, reason };
    } else if (ended && ok) {
      proofs[node] = { at: ended.at, address: truth.nodes[node].address ?? '' };
      delete unproven[node];
    } else {
      const listens = ended?.answer.listens;
      unproven[node] = { at, said, ...(typeof listens === 'boolean' && { listens }) };
    }
  }
  return {
    ...progress,
    troubles,
    commands,
    drained,
    undrained,
    proofs,
    unproven,
    started,
    uncertified,
  };
}

/** What clients would refuse about the certificate that a probe has seen; undefined if nothing. */
function lackOf(
  { answer, said }: Extract<Invocation, { state: 'ended' }>,
  names: readonly string[],
): string | undefined {
  if (String(answer.verdict).startsWith('certificate-')) {
    return said.replace(/^Clients refuse the certificate: (.*)$/, 'clients refuse its own ($1)');
  }
  const { names: certified } = (answer.pair ?? {}) as { names?: readonly string[] };
  // A host of an earlier bundle does not say.
  const [missing] = certified ? unnamed(names, certified) : [];
  return missing && `its certificate does not name ${missing}`;
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
