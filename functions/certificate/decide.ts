import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import {
  act,
  type Decision,
  finish,
  giveUp,
  isFresh,
  isUp,
  type Scene,
  see,
  step,
  wait,
} from './moves.ts';
import { enter, learn } from './progress.ts';
import { renewal } from './renewal.ts';
import type { Progress } from './run.ts';
import { doubted, isInspected, survey } from './survey.ts';

/**
 * The next step of a certificate run, from what is true now.
 *
 * Look at both nodes, from within and as a client; renew those that need it, one at a time, each only
 * while the other is proven to serve; hold what is then served against what was issued; wait, look
 * once more. The first failure puts back the former pair and ends the run.
 */
export function decide(scene: Scene): Decision {
  const { run, truth, now } = scene;
  const progress = learn(run.progress, truth, now);
  if (progress.failure) return undo(scene, progress);
  if (secondsBetween(run.beganAt, now) >= CLOCKS.runBudget) {
    const stage = progress.stage ?? 'prove';
    return giveUp(scene, progress, { stage, reason: 'it took too long', passing: true });
  }
  if (Object.values(progress.commands).some((one) => one?.kind === 'probe')) {
    return wait(scene, progress, 'the hosts look at themselves');
  }
  if (progress.plan) return goOn(scene, progress, progress.plan);
  const found = survey(scene, progress);
  return 'plan' in found ? goOn(scene, { ...progress, plan: found.plan }, found.plan) : found;
}

/** Renews the node at hand, and after it the next that needs it. */
function goOn(scene: Scene, progress: Progress, plan: NonNullable<Progress['plan']>): Decision {
  const asked = scene.run.wanted.nodes;
  const [next] = asked
    .filter((node) => plan[node]?.due && !progress.renewed[node])
    .sort((one, other) => compare(rank(scene, progress, one), rank(scene, progress, other)));
  if (!progress.node && !next) {
    const done = asked.filter((node) => progress.renewed[node]);
    const because = `renewed: node ${done.join(', node ')}`;
    return doubted(scene, progress) ?? finish(scene, progress, because, 'done');
  }
  const node = progress.node ?? next ?? 'a';
  if (!progress.node && !isInspected(progress, node)) {
    const { reason: what = 'its agent does not answer' } = progress.inspections[node] ?? {};
    const reason = `${plan[node]?.reason}, and ${what}`;
    return giveUp(scene, progress, { node, stage: 'prove', reason, passing: false });
  }
  const begun = progress.node
    ? progress
    : {
        ...enter(progress, 'prove', scene.now),
        node,
        nodeSince: scene.now.toISOString(),
      };
  const step = renewal(scene, begun, node);
  return 'done' in step ? goOn(scene, step.done, plan) : step;
}

type Rank = readonly [mute: number, kept: number, attempts: number, expiry: number];

/**
 * A host that says nothing comes last. What clients have lost comes first, then what has failed less
 * often, so that a host that cannot be renewed never keeps the other from it; then what runs out first.
 */
function rank({ records }: Scene, progress: Progress, node: NodeName): Rank {
  const expiry = progress.inspections[node]?.pair?.notAfter;
  return [
    Number(!isInspected(progress, node)),
    Number(!progress.plan?.[node]?.urgent),
    records[node]?.failing?.attempts ?? 0,
    expiry ? new Date(expiry).getTime() : 0,
  ];
}

/** The first difference counts. */
const compare = (one: Rank, other: Rank): number =>
  one.map((value, index) => value - (other[index] ?? 0)).find((less) => less !== 0) ?? 0;

/**
 * The former pair is put back, where the host has not done it by itself; then the run ends. What was
 * seen before that counts no longer, nor what is too old for a message: a last look says what clients
 * are left with.
 */
function undo(scene: Scene, progress: Progress): Decision {
  const { truth, now } = scene;
  const { failure, node, commands, stage, stageSince } = progress;
  const because = `${failure?.node ? `node ${failure.node}: ` : ''}${failure?.reason}`;
  const open = failure?.restored === false && stage === 'rollback' && node !== undefined;
  if (open && commands[node]) return wait(scene, progress, 'the former pair is put back');
  const late = secondsBetween(stageSince ?? now, now) >= CLOCKS.certificateStage;
  if (open && !late && truth.nodes[node].online) {
    const parameters = { Generation: progress.issued?.generation ?? '' };
    return act(scene, progress, because, [step(scene, 'certificate-rollback', node, parameters)]);
  }
  const unseen = NODES.filter((one) => isUp(scene, one) && !isFresh(progress.seen[one], now));
  return unseen.length > 0
    ? see(scene, progress, because, unseen)
    : finish(scene, progress, because, 'failed');
}
