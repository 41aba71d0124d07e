import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { type Invocation, readInvocation } from '../shared/host-commands.ts';
import { type InstanceTruth, readInstances, readOnline, runningOf } from '../shared/instances.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import type { Run } from './run.ts';

export interface NodeTruth extends InstanceTruth {
  /** Whether its instance runs and its agent answers. */
  readonly online: boolean;
}

/** What AWS says of the nodes and of the commands that the run has sent them. */
export interface Truth {
  readonly nodes: Readonly<Record<NodeName, NodeTruth>>;
  readonly commands: Readonly<Partial<Record<NodeName, Invocation>>>;
}

/** Everything a certificate's decision needs of AWS itself. Changes nothing. */
export async function readTruth(
  clients: { readonly ec2: Pick<EC2Client, 'send'>; readonly ssm: Pick<SSMClient, 'send'> },
  site: string,
  run: Run,
): Promise<Truth> {
  const instances = await readInstances(clients.ec2, site);
  const online = await readOnline(clients.ssm, runningOf(instances));
  const commands: Partial<Record<NodeName, Invocation>> = {};
  for (const node of NODES) {
    const sent = run.progress.commands[node];
    if (sent) commands[node] = await readInvocation(clients.ssm, sent.id, sent.instanceId);
  }
  const of = (node: NodeName): NodeTruth => ({
    ...instances[node],
    online: online.has(instances[node].instanceId ?? ''),
  });
  return { nodes: { a: of('a'), b: of('b') }, commands };
}
