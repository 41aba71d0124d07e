import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import type { Invocation } from '../shared/host-commands.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import type { Inspection, Progress, Stage } from './run.ts';
import type { Truth } from './truth.ts';

type Ended = Extract<Invocation, { state: 'ended' }>;

/** Another script was changing the host: a script's exit code 75 says try again. */
const TRY_AGAIN = 75;

/** Takes in what the commands that were under way have brought. */
export function learn(before: Progress, truth: Truth, now: Date): Progress {
  let progress = before;
  for (const node of NODES) {
    const sent = progress.commands[node];
    // A request that has ended stays: who signs reads it on the host's own word.
    if (!sent || (sent.kind === 'certificate-request' && progress.stage === 'sign')) continue;
    const found = truth.commands[node];
    const ended = found?.state === 'ended' ? found : undefined;
    if (!ended && secondsBetween(sent.sentAt, now) < CLOCKS.certificateStage) continue;
    const result = ended ?? NO_ANSWER;
    const { [node]: _done, ...commands } = progress.commands;
    const kept = sent.kind === 'certificate-request' && result.ok ? progress.commands : commands;
    progress = taken({ ...progress, commands: kept }, node, sent.kind, result, now);
  }
  return progress;
}

const NO_ANSWER: Ended = {
  state: 'ended',
  document: '',
  ok: false,
  code: -1,
  at: '',
  answer: {},
  said: 'the host gave no answer',
};

function taken(
  progress: Progress,
  node: NodeName,
  kind: NonNullable<Progress['commands']['a']>['kind'],
  result: Ended,
  now: Date,
): Progress {
  if (kind === 'probe') {
    const inspections = { ...progress.inspections, [node]: inspectionOf(result, now) };
    return { ...progress, inspections };
  }
  if (!result.ok && result.code === TRY_AGAIN) return progress;
  const reason = result.said;
  switch (kind) {
    case 'certificate-request':
      return result.ok
        ? enter(progress, 'sign', now)
        : failed(progress, { stage: 'request', reason, passing: true, restored: null }, now);
    case 'certificate-install': {
      // What a run that has given up meanwhile has still installed is taken back all the same.
      if (result.ok && progress.failure) return progress;
      if (result.ok) return unseen(enter(progress, 'verify', now), node);
      const { phase, restored } = result.answer;
      // What was not answered may have been done: then the former pair has to come back.
      const undone = typeof restored === 'boolean' ? restored : phase === undefined ? false : null;
      const passing = phase === 'preflight';
      return failed(progress, { stage: 'install', reason, passing, restored: undone }, now);
    }
    case 'certificate-rollback':
      return undone(progress, result);
  }
}

/** The end of a rollback, in the words of the failure that made it necessary. */
function undone(progress: Progress, { ok, said }: Ended): Progress {
  const { failure } = progress;
  if (!failure) return progress;
  const reason = ok ? failure.reason : `${failure.reason}; putting back the former pair: ${said}`;
  return { ...progress, stage: undefined, failure: { ...failure, reason, restored: ok } };
}

export const enter = (progress: Progress, stage: Stage, now: Date): Progress => ({
  ...progress,
  stage,
  stageSince: now.toISOString(),
});

/** The run has failed; where the host may have been changed, what was seen counts no longer. */
export const failed = (
  progress: Progress,
  failure: Omit<NonNullable<Progress['failure']>, 'node'>,
  now: Date,
): Progress => ({
  ...enter(progress, 'rollback', now),
  ...(failure.restored === false && { seen: {} }),
  failure: { ...failure, ...(progress.node && { node: progress.node }) },
});

/** What was seen of a node counts no longer. */
export function unseen(progress: Progress, node: NodeName): Progress {
  const { [node]: _before, ...seen } = progress.seen;
  return { ...progress, seen };
}

/** A probe's report, as far as certificates go; of what a host does not say nothing is known. */
function inspectionOf({ ok, answer, said, at }: Ended, now: Date): Inspection {
  const { verdict, authorities, web, dicom } = answer as {
    verdict?: string;
    authorities?: string[];
    web?: { listens?: boolean; fingerprint?: string | null } | null;
    dicom?: { listens?: boolean; fingerprint?: string | null } | null;
  };
  const pair = answer.pair as {
    matches?: boolean;
    fingerprint?: string;
    notAfter?: string;
    names?: string[];
  } | null;
  return {
    at: at || now.toISOString(),
    serves: ok,
    verdict: verdict ?? 'unknown',
    ...(!ok && { reason: said }),
    ...(pair?.matches &&
      pair.fingerprint !== undefined && {
        pair: {
          fingerprint: pair.fingerprint,
          notAfter: pair.notAfter ?? '',
          names: pair.names ?? [],
        },
      }),
    authorities: authorities ?? [],
    ...(web?.listens && { web: web.fingerprint ?? '' }),
    ...(dicom?.listens && { dicom: dicom.fingerprint ?? '' }),
  };
}
