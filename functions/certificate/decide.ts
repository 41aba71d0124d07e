import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { isResting, type NodeName } from '../shared/operations-table.ts';
import { act, type Decision, finish, giveUp, type Scene, step, wait } from './moves.ts';
import { enter, learn } from './progress.ts';
import { renewal } from './renewal.ts';
import type { Progress } from './run.ts';
import { isInspected, survey } from './survey.ts';

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
    const installed = progress.stage === 'verify' || progress.stage === 'soak';
    const failure = { stage: progress.stage ?? 'prove', reason: 'it took too long', passing: true };
    return giveUp(scene, progress, { ...failure, ...(installed && { restored: false }) });
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
    .sort((one, other) => before(rank(one), rank(other)));
  if (!progress.node && !next) {
    const done = asked.filter((node) => progress.renewed[node]);
    return finish(scene, progress, `renewed: node ${done.join(', node ')}`, 'done');
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

  /**
   * A node that may not be tried again yet comes last, or the tick, which comes for the other one,
   * would come for ever. Then what clients have lost; then what has not failed before, so that a
   * renewal that never comes about keeps nobody from theirs; then what runs out first.
   */
  function rank(one: NodeName): readonly number[] {
    const record = scene.records[one];
    const rests = scene.run.wanted.trigger !== 'person' && isResting(record, scene.now);
    const troubled = record?.failing !== undefined || !isInspected(progress, one);
    const expiry = progress.inspections[one]?.pair?.notAfter;
    return [
      Number(rests),
      Number(!plan[one]?.urgent),
      Number(troubled),
      expiry ? new Date(expiry).getTime() : 0,
    ];
  }
}

/** The order of two ranks, of which the first difference counts. */
const before = (one: readonly number[], other: readonly number[]): number =>
  one.map((value, index) => value - (other[index] ?? 0)).find((less) => less !== 0) ?? 0;

/** The former pair is put back, where the host has not done it by itself; then the run ends. */
function undo(scene: Scene, progress: Progress): Decision {
  const { truth, now } = scene;
  const { failure, node, commands, stage, stageSince } = progress;
  const because = `${failure?.node ? `node ${failure.node}: ` : ''}${failure?.reason}`;
  const done = failure?.restored !== false || stage !== 'rollback' || node === undefined;
  if (done) return finish(scene, progress, because, 'failed');
  if (commands[node]) return wait(scene, progress, 'the former pair is put back');
  const late = secondsBetween(stageSince ?? now, now) >= CLOCKS.certificateStage;
  if (late || !truth.nodes[node].online) return finish(scene, progress, because, 'failed');
  const parameters = { Generation: progress.issued?.generation ?? '' };
  return act(scene, progress, because, [step(scene, 'certificate-rollback', node, parameters)]);
}
