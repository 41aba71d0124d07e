import { NODES, type NodeName } from '../shared/operations-table.ts';
import {
  act,
  type Decision,
  finish,
  giveUp,
  isUp,
  type Scene,
  see,
  signerOfSite,
  step,
} from './moves.ts';
import { isDoubted, type Need, needOf } from './plan.ts';
import type { Progress } from './run.ts';

/**
 * What each host says of itself and what a client sees of it, and from that, what each node that was
 * asked for needs. Undefined once that is known and something is to be renewed: `progress.plan`.
 */
export function survey(
  scene: Scene,
  progress: Progress,
): Decision | { readonly plan: NonNullable<Progress['plan']> } {
  const { run, truth } = scene;
  const up = NODES.filter((node) => isUp(scene, node));
  const silent = up.filter((node) => !progress.inspections[node] && truth.nodes[node].online);
  if (silent.length > 0) {
    const steps = silent.map((node) => step(scene, 'probe', node));
    return act(scene, progress, 'what do the hosts serve?', steps);
  }
  const unseen = up.filter((node) => !progress.seen[node]);
  if (unseen.length > 0) return see(scene, progress, 'what do clients see?', unseen);

  const { authority, reason } = signerOfSite(scene);
  const asked = run.wanted.nodes;
  const plan: Partial<Record<NodeName, Need>> = {};
  for (const node of asked) plan[node] = needFor(scene, progress, node, authority?.number);
  const known = { ...progress, plan };
  const because = asked.map((node) => `node ${node}: ${plan[node]?.reason}`).join('; ');
  const [first] = asked.filter((node) => plan[node]?.due);
  if (run.wanted.dryRun) {
    const refused = first && !authority ? `; but ${reason}` : '';
    return finish(scene, known, `${because}${refused}`, 'planned');
  }
  if (!first) {
    const outcome = asked.every((node) => up.includes(node)) ? 'done' : 'deferred';
    return doubted(scene, known) ?? finish(scene, known, because, outcome);
  }
  if (!authority)
    return giveUp(scene, known, { node: first, stage: 'sign', reason, passing: false });
  return { plan };
}

function needFor(
  scene: Scene,
  progress: Progress,
  node: NodeName,
  signer: number | undefined,
): Need {
  const { run, truth, wishes, records, now } = scene;
  const idle = (reason: string): Need => ({ due: false, urgent: false, reason });
  if (wishes[node] !== 'running') return idle('it is stopped by plan');
  if (!isUp(scene, node)) return idle(`it is ${truth.nodes[node].state}`);
  const condition = {
    inspection: isInspected(progress, node) ? progress.inspections[node] : undefined,
    sight: progress.seen[node],
    record: records[node],
    names: truth.nodes[node].names,
  };
  const { force } = run.wanted;
  return needOf(condition, { authorities: run.authorities, signer, force, now });
}

/**
 * A node that is not due, and whose host says all the same that clients cannot use its certificate,
 * fails the run once all else is done: so it rests before it is looked at again, however often a
 * start asks for it.
 */
export function doubted(scene: Scene, progress: Progress): Decision | undefined {
  const { plan, inspections } = progress;
  const node = scene.run.wanted.nodes.find(
    (one) => plan?.[one]?.due === false && isUp(scene, one) && isDoubted(inspections[one]),
  );
  const { reason = '' } = (node && plan?.[node]) ?? {};
  return node && giveUp(scene, progress, { node, stage: 'prove', reason, passing: true });
}

/** The host's probe has come to a verdict. */
export const isInspected = (progress: Progress, node: NodeName): boolean =>
  (progress.inspections[node]?.verdict ?? 'unknown') !== 'unknown';
