import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import { allowed, type Needs, needsOf, phaseOf } from './need.ts';
import { advance, isProven, learn } from './progress.ts';
import type { Progress, Run, Step } from './run.ts';
import type { Truth } from './truth.ts';

export interface Situation {
  readonly now: Date;
  /** Whether the operator has been told that this planned change is late. */
  readonly lateTold: boolean;
  /** Whether the schedule or an override has changed the goal since the run began. */
  readonly superseded: boolean;
  /** Nodes whose last renewal failed and which may not be tried again yet. */
  readonly resting: readonly NodeName[];
}

/** In seconds; a change of the wish is noticed after at most this long. */
const LONGEST_PAUSE = 90;

type Decision = Pick<
  Run,
  'next' | 'steps' | 'seconds' | 'because' | 'progress' | 'outcome' | 'seenAt'
>;

/**
 * The next step of a power run, from what is true now.
 *
 * Nothing is remembered but commands sent, proofs and refusals: a run that was cut off and
 * begins again decides the same from the same truth. Each resource is looked at for itself, so
 * that a node without capacity never holds up the other.
 */
export function decide(run: Run, truth: Truth, situation: Situation): Decision {
  const { now } = situation;
  const learnt = learn(run.progress, truth, now);
  const needs = needsOf(run, truth, learnt, now);
  const late = !situation.lateTold && secondsBetween(run.plannedFor, now) >= CLOCKS.lateAfter;
  const probes = probeSteps(run, truth, learnt, needs, late, now);
  const steps = [...Object.values(needs).flatMap((need) => need.step ?? []), ...probes];
  const open = Object.values(needs).filter((need) => !need.ready);
  const progress = advance(learnt, phaseOf(open), now);
  const because = open.map((need) => need.note).join('; ') || 'everything is as wished';
  const decision = (next: Run['next'], more: Partial<Decision> = {}): Decision => ({
    next,
    steps: [],
    seconds: Math.min(LONGEST_PAUSE, ...open.map((need) => need.wait)),
    because,
    progress,
    seenAt: now.toISOString(),
    ...more,
  });

  if (situation.superseded) {
    const wish = 'the wish changed while the run was under way; a new run follows it';
    return decision('finish', { outcome: 'superseded', because: wish });
  }
  if (open.length === 0) return decision('finish', { outcome: 'done' });
  if (secondsBetween(run.beganAt, now) >= CLOCKS.runBudget) {
    return decision('finish', { outcome: 'unfinished' });
  }
  const handing = steps.length === 0 && handsOver(run, needs, progress, situation);
  if (handing) return decision('finish', { outcome: 'certificate', because: handing });
  if (late && addressesKnown(run, truth, learnt, now)) return decision('tell');
  if (steps.length > 0) {
    const reasons = open.filter((need) => need.step || need.phase === 'probe');
    return decision('act', {
      steps,
      because: reasons.map(({ note }) => note).join('; ') || because,
    });
  }
  return decision('wait');
}

/**
 * Probes cost a command on a host, so they run only when their answer decides something: when
 * all else is ready, when a peer's stop hangs on it, or when an alert must name an address.
 */
function probeSteps(
  run: Run,
  truth: Truth,
  progress: Progress,
  needs: Needs,
  late: boolean,
  now: Date,
): Step[] {
  const rest = Object.values(needs).filter((need) => !need.ready);
  const allElseReady = rest.every((need) => need.phase === 'probe');
  const peerWaits = NODES.some(
    (node) => run.goal[node] === 'stopped' && needs[node].phase === 'drain',
  );
  if (!allElseReady && !peerWaits && !late) return [];
  return NODES.flatMap((node): Step[] => {
    const { instanceId, checksOk, online } = truth.nodes[node];
    const wanted =
      run.goal[node] === 'running' && checksOk && online && !isProven(progress, node, now);
    const failed = progress.unproven[node];
    const pausing =
      progress.commands[node] ||
      progress.uncertified[node] ||
      needs[node].step ||
      !allowed(node, progress, now) ||
      (failed && secondsBetween(failed.at, now) < CLOCKS.probeAgain);
    if (!wanted || !instanceId || pausing) return [];
    return [{ kind: 'probe', node, instanceId }];
  });
}

/** A late notice waits until each node that could serve has been probed, well or ill. */
const addressesKnown = (run: Run, truth: Truth, progress: Progress, now: Date): boolean =>
  NODES.every((node) => {
    const { checksOk, online } = truth.nodes[node];
    if (run.goal[node] === 'stopped' || !checksOk || !online) return true;
    if (progress.commands[node]) return false;
    const known = progress.unproven[node] ?? progress.uncertified[node];
    return isProven(progress, node, now) || known !== undefined;
  });

/**
 * Why the lease is given to the certificate workflow: a node cannot count as started before clients
 * can verify it. A node that comes up a little later is waited for, so that both are done at once.
 */
function handsOver(
  run: Run,
  needs: Needs,
  progress: Progress,
  { now, resting }: Situation,
): string | undefined {
  const lacking = NODES.filter((node) => !needs[node].ready && needs[node].phase === 'certificate');
  const renewable = lacking.filter((node) => !resting.includes(node));
  const waited = lacking.some(
    (node) =>
      secondsBetween(progress.uncertified[node]?.since ?? now, now) >= CLOCKS.certificateCompany,
  );
  const alone = NODES.some(
    (node) => run.goal[node] === 'running' && !needs[node].ready && !lacking.includes(node),
  );
  const busy = NODES.some((node) => progress.commands[node]);
  if (renewable.length === 0 || busy || (alone && !waited)) return undefined;
  return renewable.map((node) => needs[node].note).join('; ');
}
