import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import {
  type CertificateRecord,
  NODES,
  type NodeName,
  type PowerState,
} from '../shared/operations-table.ts';
import { signerOf } from './plan.ts';
import { failed } from './progress.ts';
import type { Kind, Progress, Run, Step } from './run.ts';
import type { Truth } from './truth.ts';

/** All that a decision is made from. */
export interface Scene {
  readonly run: Run;
  readonly truth: Truth;
  readonly now: Date;
  /** What is wished of each node, as the table has it. */
  readonly wishes: Readonly<Partial<Record<NodeName, PowerState>>>;
  readonly records: Readonly<Partial<Record<NodeName, CertificateRecord>>>;
}

export type Decision = Pick<
  Run,
  | 'next'
  | 'steps'
  | 'seconds'
  | 'because'
  | 'progress'
  | 'outcome'
  | 'seenAt'
  | 'signer'
  | 'targets'
>;

/** How soon a command on a host is worth asking for, in seconds. */
const SOON = 5;

export const wait = (
  scene: Scene,
  progress: Progress,
  because: string,
  seconds = SOON,
): Decision => ({
  next: 'wait',
  steps: [],
  seconds,
  because,
  progress,
  seenAt: scene.now.toISOString(),
  targets: [],
});

export const act = (
  scene: Scene,
  progress: Progress,
  because: string,
  steps: readonly Step[],
): Decision => ({ ...wait(scene, progress, because), next: 'act', steps: [...steps] });

/** A step on the instance that a node is on now. */
export const step = (
  { truth }: Scene,
  kind: Kind,
  node: NodeName,
  parameters: Step['parameters'] = {},
): Step => ({ kind, node, instanceId: truth.nodes[node].instanceId ?? '', parameters });

/** Has nodes looked at as a client does. */
export function see(
  scene: Scene,
  progress: Progress,
  because: string,
  nodes: readonly NodeName[],
): Decision {
  const targets = nodes.map((node) => {
    const { privateAddress: address = '', names } = scene.truth.nodes[node];
    return { node, address, name: names[0] ?? address };
  });
  const found = Object.fromEntries(targets.map(({ node, name }) => [node, name]));
  const known = { ...progress, addresses: { ...progress.addresses, ...found } };
  return { ...wait(scene, known, because), next: 'verify', targets };
}

export function sign(scene: Scene, progress: Progress, because: string): Decision {
  const { authority } = signerOfSite(scene);
  return {
    ...wait(scene, progress, because),
    next: 'sign',
    ...(authority && { signer: authority.number }),
  };
}

export const finish = (
  scene: Scene,
  progress: Progress,
  because: string,
  outcome: NonNullable<Run['outcome']>,
): Decision => ({ ...wait(scene, progress, because), next: 'finish', outcome });

/** The run has failed: first what may have been installed is undone; then it is told. */
export function giveUp(
  scene: Scene,
  progress: Progress,
  failure: Omit<NonNullable<Progress['failure']>, 'restored'>,
): Decision {
  const node = failure.node ?? progress.node;
  const restored = mayHaveChanged(progress) ? false : null;
  const because = `${node ? `node ${node}: ` : ''}${failure.reason}`;
  const given = failed(progress, { ...failure, restored, ...(node && { node }) }, scene.now);
  return restored === false
    ? wait(scene, given, because, 1)
    : finish(scene, given, because, 'failed');
}

/** The host at work on may serve what no client has been seen to accept. */
const mayHaveChanged = ({ node, stage, commands }: Progress): boolean =>
  stage === 'verify' ||
  stage === 'soak' ||
  (node !== undefined && commands[node]?.kind === 'certificate-install');

/** What was seen proves something for a little less than the bound, so that it holds when it is used. */
export const isFresh = (sight: { readonly at: string } | undefined, now: Date): boolean =>
  sight !== undefined && secondsBetween(sight.at, now) < CLOCKS.evidence - 15;

/** Whether the node's instance runs and the network reaches it. */
export function isUp({ truth, wishes }: Scene, node: NodeName): boolean {
  const { state, privateAddress } = truth.nodes[node];
  return wishes[node] === 'running' && state === 'running' && privateAddress !== undefined;
}

export const signerOfSite = ({ run, records, now }: Scene): ReturnType<typeof signerOf> =>
  signerOf(
    run.authorities,
    NODES.map((node) => records[node]),
    run.wanted.force,
    now,
  );
