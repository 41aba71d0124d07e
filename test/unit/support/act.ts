import { create } from '../../../functions/power/act.ts';
import type { Run, Step } from '../../../functions/power/run.ts';
import { clients, context, service } from './clients.ts';
import { environment, run } from './power.ts';
import { intents, lease } from './site.ts';
import { memoryTable } from './table.ts';
import { iso } from './time.ts';

export const nodeStep = (
  kind: 'start-node' | 'stop-node' | 'drain' | 'undrain' | 'probe',
  node: 'a' | 'b',
): Step => ({
  kind,
  node,
  instanceId: `i-${node}`,
});
export const START_BOTH = [nodeStep('start-node', 'a'), nodeStep('start-node', 'b')];

/** A run whose evidence is ten seconds old. */
export const ready = (more: Parameters<typeof run>[0]) => run({ seenAt: iso('07:00:50'), ...more });

/** The services that a run acts on: they take every call unless told otherwise. */
export const obedient = () => ({
  ec2: service({ StartInstances: () => ({}), StopInstances: () => ({}) }),
  rds: service({ StartDBInstance: () => ({}), StopDBInstance: () => ({}) }),
  ssm: service({ SendCommand: () => ({ Command: { CommandId: 'c-9' } }) }),
});

/** Acts on a site whose table holds the run's own lease and intents, unless told otherwise. */
export const act = (
  ours: Run,
  services: Partial<ReturnType<typeof obedient>> = {},
  items: object = {},
) => {
  const dynamodb = memoryTable({ ...intents(ours.goal), ...lease(), ...items });
  return create(environment(), clients({ dynamodb, ...obedient(), ...services }))(
    { run: ours },
    context,
  );
};
