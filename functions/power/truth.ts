import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { type Invocation, readInvocation } from '../shared/host-commands.ts';
import {
  type InstanceTruth,
  readChecks,
  readInstances,
  readOnline,
  runningOf,
  type StatusChecks,
} from '../shared/instances.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import { readDatabase } from './database.ts';
import type { Run } from './run.ts';

export interface NodeTruth extends InstanceTruth {
  /** All of EC2's status checks of the instance. */
  readonly checksOk: boolean;
  /** Whether the SSM agent answers. */
  readonly online: boolean;
}

export interface Truth {
  readonly nodes: Readonly<Record<NodeName, NodeTruth>>;
  /** RDS's own word for the status of the instance, or `missing`. */
  readonly database: string;
  readonly commands: Readonly<Partial<Record<NodeName, Invocation>>>;
}

type Ec2 = Pick<EC2Client, 'send'>;
type Rds = Pick<RDSClient, 'send'>;
type Ssm = Pick<SSMClient, 'send'>;

/** Everything a power decision needs, read from AWS itself. Changes nothing. */
export async function readTruth(
  clients: { readonly ec2: Ec2; readonly rds: Rds; readonly ssm: Ssm },
  settings: { readonly SITE: string; readonly DATABASE: string },
  run: Run,
): Promise<Truth> {
  const instances = await readInstances(clients.ec2, settings.SITE);
  const database = await readDatabase(clients.rds, settings.DATABASE);
  const running = runningOf(instances);
  const checks = await readChecks(clients.ec2, running);
  const online = await readOnline(clients.ssm, running);
  const node = (name: NodeName): NodeTruth => ({
    ...instances[name],
    checksOk: passes(checks.get(instances[name].instanceId ?? '')),
    online: online.has(instances[name].instanceId ?? ''),
  });
  const commands: Partial<Record<NodeName, Invocation>> = {};
  for (const name of NODES) {
    const sent = run.progress.commands[name];
    const instanceId = instances[name].instanceId;
    if (sent && instanceId) commands[name] = await readInvocation(clients.ssm, sent.id, instanceId);
  }
  return { nodes: { a: node('a'), b: node('b') }, database, commands };
}

const passes = (checks: StatusChecks | undefined): boolean =>
  checks !== undefined && Object.values(checks).every((check) => check === 'ok');
