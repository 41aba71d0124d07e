import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NODES, type NodeName, peerOf } from '../shared/operations-table.ts';
import { complaint, serves, shows } from '../shared/sight.ts';
import {
  act,
  type Decision,
  giveUp,
  isFresh,
  isUp,
  type Scene,
  see,
  sign,
  step,
  wait,
} from './moves.ts';
import { enter, unseen } from './progress.ts';
import type { Progress } from './run.ts';

type Sight = NonNullable<Progress['seen']['a']>;

/** How long a client may meet nginx in the middle of its change, in seconds. */
const SETTLES = 30;

/**
 * The next step for the one node that is being renewed; `done` once clients have seen its new
 * certificate twice.
 */
export function renewal(
  scene: Scene,
  progress: Progress,
  node: NodeName,
): Decision | { readonly done: Progress } {
  const { truth, now } = scene;
  const { stage = 'prove', stageSince, issued } = progress;
  if (!isUp(scene, node)) {
    const reason = `it is ${truth.nodes[node].state}`;
    return giveUp(scene, progress, { stage, reason, passing: true });
  }
  if (progress.commands[node] && stage !== 'sign') {
    return wait(scene, progress, `node ${node}: ${stage} is under way`);
  }
  if (secondsBetween(stageSince ?? now, now) >= CLOCKS.certificateStage) {
    const reason = `the ${stage} did not come to its end in five minutes`;
    return giveUp(scene, progress, { stage, reason, passing: true });
  }
  const why = `node ${node}: ${progress.plan?.[node]?.reason}`;
  switch (stage) {
    case 'prove':
    case 'request': {
      const known = stage === 'prove' ? enter(progress, 'request', now) : progress;
      const request = [step(scene, 'certificate-request', node)];
      return whilePeerServes(scene, progress, node) ?? act(scene, known, why, request);
    }
    case 'sign': {
      if (!issued) return sign(scene, progress, why);
      const { [node]: _request, ...commands } = progress.commands;
      return renewal(scene, enter({ ...progress, commands }, 'install', now), node);
    }
    case 'install':
      return whilePeerServes(scene, progress, node) ?? install(scene, progress, node);
    case 'verify':
    case 'soak':
      return verify(scene, progress, node);
    case 'rollback':
      throw new Error('a run that rolls back has failed, and renews nothing');
  }
}

/** Undefined once the other node is proven to serve, or need not be. */
function whilePeerServes(scene: Scene, progress: Progress, node: NodeName): Decision | undefined {
  if (progress.plan?.[node]?.urgent) return undefined;
  const peer = peerOf(node);
  const sight = progress.seen[peer];
  const fresh = isFresh(sight, scene.now);
  if (fresh && sight && serves(sight)) return undefined;
  if (!fresh && isUp(scene, peer)) {
    return see(scene, progress, `does node ${peer} serve?`, [peer]);
  }
  const what = fresh && sight ? complaint(sight) : 'it does not run';
  const reason = `node ${peer} is not proven to serve: ${what}`;
  return giveUp(scene, progress, { stage: progress.stage ?? 'prove', reason, passing: true });
}

function install(scene: Scene, progress: Progress, node: NodeName): Decision {
  const { issued } = progress;
  const bundle = scene.run.authorities.map(({ pem }) => pem).join('');
  const parameters = {
    Generation: issued?.generation ?? '',
    Certificate: issued?.certificate ?? '',
    Authorities: Buffer.from(bundle).toString('base64'),
    Name: issued?.names[0] ?? '',
  };
  const because = `node ${node} takes up the certificate that was issued`;
  return act(scene, progress, because, [step(scene, 'certificate-install', node, parameters)]);
}

function verify(
  scene: Scene,
  progress: Progress,
  node: NodeName,
): Decision | { readonly done: Progress } {
  const { now } = scene;
  const { issued, stage = 'verify', stageSince } = progress;
  const sight = progress.seen[node];
  const waited = secondsBetween(stageSince ?? now, now);
  const left = stage === 'soak' ? CLOCKS.certificateSoak - waited : 0;
  if (left > 0) {
    return wait(scene, progress, `node ${node} serves for a while`, Math.ceil(left));
  }
  if (!sight) {
    // At the end both are looked at: a message names each address that works.
    const nodes = stage === 'soak' ? NODES.filter((one) => isUp(scene, one)) : [node];
    return see(scene, progress, `what do clients see of node ${node}?`, nodes);
  }
  const wrong = wrongWith(sight, issued?.fingerprint);
  if (wrong === undefined) {
    return stage === 'verify'
      ? verify(scene, unseen(enter(progress, 'soak', now), node), node)
      : { done: renewed(progress, node, now) };
  }
  if (waited - (stage === 'soak' ? CLOCKS.certificateSoak : 0) < SETTLES) {
    return wait(scene, unseen(progress, node), `node ${node}: ${wrong}; once more`);
  }
  const reason = `clients do not see what was installed: ${wrong}`;
  return giveUp(scene, progress, { stage, reason, passing: false });
}

/** What clients miss: both ports show what was issued, they trust it, and DICOM answers. */
function wrongWith(sight: Sight, fingerprint: string | undefined): string | undefined {
  const { web, dicom } = sight;
  if (!web.trusted || !dicom.trusted || dicom.echo === false) {
    return complaint(sight) ?? 'not trusted';
  }
  return fingerprint !== undefined && shows(sight, fingerprint)
    ? undefined
    : 'they are shown another certificate';
}

function renewed(progress: Progress, node: NodeName, now: Date): Progress {
  const { issued, nodeSince } = progress;
  const { notAfter = '', names = [], fingerprint = '' } = issued ?? {};
  const seconds = Math.round(secondsBetween(nodeSince ?? now, now));
  const one = { at: now.toISOString(), notAfter, names, fingerprint, seconds };
  return {
    ...progress,
    node: undefined,
    stage: undefined,
    issued: undefined,
    renewed: { ...progress.renewed, [node]: one },
  };
}
