import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { StartDBInstanceCommand, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { SendCommandCommand } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import type { Clients } from '../shared/clients.ts';
import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NotAllowed } from '../shared/errors.ts';
import { lambda } from '../shared/lambda.ts';
import { peerOf, readSite, type SiteState } from '../shared/operations-table.ts';
import { refused } from './progress.ts';
import { type Progress, Run, resourceOf, type Step } from './run.ts';

const Input = z.object({ run: Run });
export const Settings = z.object({
  TABLE: z.string(),
  DATABASE: z.string(),
  DRAIN_DOCUMENT: z.string(),
  UNDRAIN_DOCUMENT: z.string(),
  PROBE_DOCUMENT: z.string(),
});
export type Settings = z.infer<typeof Settings>;

/**
 * Refusals that time mends, by their documented names: capacity, a state between two states,
 * throttling, an agent that has just gone.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
const PASSING = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientDBInstanceCapacityFault',
  'IncorrectInstanceState',
  'RequestLimitExceeded',
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'ServerInternal',
  'ServiceUnavailable',
  'Unavailable',
  'InvalidDBInstanceStateFault',
  'ThrottlingException',
  'Throttling',
  'InvalidInstanceId',
]);

/**
 * Makes the calls that the last look asked for, each one only if the lease, the intent and the
 * age of the evidence still allow it at that moment. One that AWS refuses is noted with a pause, and
 * the others go on.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ run }, { settings, clients }): Promise<Run> => {
    let { progress } = run;
    for (const step of run.steps) {
      const site = await readSite({ client: clients.dynamodb, name: settings.TABLE });
      // A retry of this state comes with the evidence of the first try: look again first.
      if (isStale(run, step, new Date())) break;
      assertAllowed(run, step, site);
      progress = await perform(step, progress, settings, clients);
    }
    return { ...run, progress, steps: [], seconds: Math.min(run.seconds, 15) };
  },
);

/** Whether a call would rest on evidence that is too old: of the site, or of a peer that serves. */
function isStale(run: Run, step: Step, now: Date): boolean {
  // Written so that a time that cannot be read is stale, too.
  if (!(secondsBetween(run.seenAt, now) <= CLOCKS.evidence)) return true;
  if (step.kind !== 'drain' && step.kind !== 'stop-node') return false;
  const peer = peerOf(step.node);
  if (run.goal[peer] === 'stopped') return false;
  const proof = run.progress.proofs[peer];
  return !proof || !(secondsBetween(proof.at, now) <= CLOCKS.evidence);
}

/** The guards of a disruptive call, on what the table says right now. */
function assertAllowed(run: Run, step: Step, site: SiteState): void {
  const { owner, fence } = site.lease.value;
  if (owner !== run.execution || fence !== run.fence) {
    throw new NotAllowed(`${step.kind}: the lease has passed to ${owner ?? 'nobody'}`);
  }
  const resource = resourceOf(step);
  const intent = site.intents[resource]?.value;
  if (intent?.wish !== run.goal[resource] || intent.run !== run.execution) {
    throw new NotAllowed(`${step.kind}: the intent for ${resource} is no longer this run's`);
  }
}

async function perform(
  step: Step,
  progress: Progress,
  settings: Settings,
  clients: Clients,
): Promise<Progress> {
  const resource = resourceOf(step);
  const { [resource]: trouble, ...troubles } = progress.troubles;
  try {
    const commands = await call(step, progress.commands, settings, clients);
    const done = { ...progress, commands, troubles };
    if (step.kind !== 'start-node') return done;
    // Accepted is not started: what went before counts until the instance runs.
    const { attempts = 0, text } = trouble ?? progress.started[step.node] ?? {};
    const start = { at: new Date().toISOString(), attempts, ...(text !== undefined && { text }) };
    return { ...done, started: { ...progress.started, [step.node]: start } };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const passing = PASSING.has(error.name);
    if (!passing && !isRefusal(error)) throw error;
    // A right, a setting, a quota: tried again at the longest pause, and nobody waits for it.
    const before = passing ? (trouble?.attempts ?? 0) : Math.max(trouble?.attempts ?? 0, 3);
    const refusal = { attempts: before + 1, text: `${error.name}: ${error.message}` };
    return { ...progress, troubles: refused(progress.troubles, resource, refusal, new Date()) };
  }
}

/** AWS has answered, and blames us; what else went wrong is for the workflow to try again. */
const isRefusal = (error: Error): boolean => '$fault' in error && error.$fault === 'client';

const documents = (settings: Settings) => ({
  drain: settings.DRAIN_DOCUMENT,
  undrain: settings.UNDRAIN_DOCUMENT,
  probe: settings.PROBE_DOCUMENT,
});

async function call(
  step: Step,
  commands: Progress['commands'],
  settings: Settings,
  { ec2, rds, ssm }: Clients,
): Promise<Progress['commands']> {
  switch (step.kind) {
    case 'start-database':
      await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: settings.DATABASE }));
      return commands;
    case 'stop-database':
      await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: settings.DATABASE }));
      return commands;
    case 'start-node':
      await ec2.send(new StartInstancesCommand({ InstanceIds: [step.instanceId] }));
      return commands;
    case 'stop-node':
      await ec2.send(new StopInstancesCommand({ InstanceIds: [step.instanceId] }));
      return commands;
    case 'drain':
    case 'undrain':
    case 'probe': {
      const sent = await ssm.send(
        new SendCommandCommand({
          DocumentName: documents(settings)[step.kind],
          InstanceIds: [step.instanceId],
          TimeoutSeconds: 30,
        }),
      );
      const id = sent.Command?.CommandId ?? '';
      const sentAt = new Date().toISOString();
      return { ...commands, [step.node]: { kind: step.kind, id, sentAt } };
    }
  }
}
