import { SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NotAllowed } from '../shared/errors.ts';
import { lambda } from '../shared/lambda.ts';
import { commit, peerOf, put, readSite, type SiteState } from '../shared/operations-table.ts';
import { serves } from '../shared/sight.ts';
import { failed } from './progress.ts';
import { type Progress, Run, type Step } from './run.ts';

const Input = z.object({ run: Run });
export const Settings = z.object({
  TABLE: z.string(),
  PROBE_DOCUMENT: z.string(),
  REQUEST_DOCUMENT: z.string(),
  INSTALL_DOCUMENT: z.string(),
  ROLLBACK_DOCUMENT: z.string(),
});
type Settings = z.infer<typeof Settings>;

/**
 * Sends hosts the commands that the last look asked for, each one only if the lease, the intent and
 * the age of the evidence still allow it at that moment, and none that changes a host before the
 * table says that this run is at it.
 *
 * A retry after an answer that was lost sends a command twice: the scripts bear that.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ run }, { settings, clients }): Promise<Run> => {
    const table = { client: clients.dynamodb, name: settings.TABLE };
    let { progress } = run;
    for (const step of run.steps) {
      const site = await readSite(table);
      // A retry of this state comes with the evidence of the first try: look again first.
      if (isStale(run, step, new Date())) break;
      if (step.kind !== 'probe') {
        assertAllowed(run, step, site);
        const stored = site.certificates[step.node];
        const record = { ...(stored?.value ?? { published: {} }), run: run.execution };
        if (stored?.value.run !== run.execution) {
          await commit(table, [put(stored ?? `CERTIFICATE#${step.node}`, record)]);
        }
      }
      progress = await send(step, progress, settings, clients.ssm);
    }
    return { ...run, progress, steps: [] };
  },
);

/** Whether a call would rest on evidence that is too old: of the site, or of a peer that serves. */
function isStale(run: Run, { kind, node }: Step, now: Date): boolean {
  // Written so that a time that cannot be read is stale, too.
  if (!(secondsBetween(run.seenAt, now) <= CLOCKS.evidence)) return true;
  if (kind === 'probe' || kind === 'certificate-rollback') return false;
  if (run.progress.plan?.[node]?.urgent) return false;
  const sight = run.progress.seen[peerOf(node)];
  return !sight || !serves(sight) || !(secondsBetween(sight.at, now) <= CLOCKS.evidence);
}

/** The guards of a call that changes a host, on what the table says right now. */
function assertAllowed(run: Run, { kind, node }: Step, site: SiteState): void {
  const { owner, fence } = site.lease.value;
  if (owner !== run.execution || fence !== run.fence) {
    throw new NotAllowed(`${kind}: the lease has passed to ${owner ?? 'nobody'}`);
  }
  if (site.intents[node]?.value.wish !== 'running') {
    throw new NotAllowed(`${kind}: node ${node} is to be stopped`);
  }
}

const documentOf = (settings: Settings, kind: Step['kind']): string =>
  ({
    probe: settings.PROBE_DOCUMENT,
    'certificate-request': settings.REQUEST_DOCUMENT,
    'certificate-install': settings.INSTALL_DOCUMENT,
    'certificate-rollback': settings.ROLLBACK_DOCUMENT,
  })[kind];

async function send(
  { kind, node, instanceId, parameters }: Step,
  progress: Progress,
  settings: Settings,
  ssm: Pick<SSMClient, 'send'>,
): Promise<Progress> {
  try {
    const sent = await ssm.send(
      new SendCommandCommand({
        DocumentName: documentOf(settings, kind),
        InstanceIds: [instanceId],
        Parameters: Object.fromEntries(
          Object.entries(parameters).map(([name, value]) => [name, [value]]),
        ),
        // How long a host may be silent before the command is given up; it was online a moment ago.
        TimeoutSeconds: 30,
      }),
    );
    const id = sent.Command?.CommandId ?? '';
    const command = { kind, id, instanceId, sentAt: new Date().toISOString() };
    return { ...progress, commands: { ...progress.commands, [node]: command } };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'InvalidInstanceId') throw error;
    return gone(progress, kind, node, error.message, new Date());
  }
}

/** The agent went between the look and the call; time may bring it back. */
function gone(
  progress: Progress,
  kind: Step['kind'],
  node: Step['node'],
  message: string,
  now: Date,
): Progress {
  if (kind === 'probe') {
    const seen = { at: now.toISOString(), serves: false, verdict: 'unknown', authorities: [] };
    const inspection = { ...seen, reason: message };
    return { ...progress, inspections: { ...progress.inspections, [node]: inspection } };
  }
  const { stage = 'prove' } = progress;
  const restored = kind === 'certificate-rollback' ? false : null;
  const failure = progress.failure ?? { node, stage, reason: message, passing: true, restored };
  return { ...failed(progress, failure, now), stage: undefined };
}
