import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import { readDatabase } from './database.ts';
import type { Run } from './run.ts';

export interface NodeTruth {
  /** Absent when no instance carries this node's tags. */
  readonly instanceId?: string;
  /** EC2's own word, or `missing`. */
  readonly state: string;
  /** Why EC2 itself has stopped it, in EC2's words; absent where a person or we did. */
  readonly fell?: string;
  /** All of EC2's status checks of the instance. */
  readonly checksOk: boolean;
  /** Whether the SSM agent answers. */
  readonly online: boolean;
  /** The public DNS name, or the address where the VPC gives no name. */
  readonly address?: string;
}

/** The state of a command on its host: `pending` covers all that is not final. */
export type CommandTruth =
  | { readonly state: 'pending' }
  | {
      readonly state: 'ended';
      readonly ok: boolean;
      readonly at: string;
      readonly said: string;
      /** The host took the connection, whatever it answered; the probe alone can tell. */
      readonly listens?: boolean;
    };

export interface Truth {
  readonly nodes: Readonly<Record<NodeName, NodeTruth>>;
  /** RDS's own word for the status of the instance, or `missing`. */
  readonly database: string;
  readonly commands: Readonly<Partial<Record<NodeName, CommandTruth>>>;
}

const ENDING = new Set(['shutting-down', 'terminated']);

type Ec2 = Pick<EC2Client, 'send'>;
type Rds = Pick<RDSClient, 'send'>;
type Ssm = Pick<SSMClient, 'send'>;

/**
 * The instance of each node, found by its tags: a node survives the replacement of its instance.
 * An instance that ends stays listed for about an hour, so one that lives counts before it.
 */
async function readInstances(
  ec2: Ec2,
  site: string,
): Promise<Record<NodeName, Omit<NodeTruth, 'checksOk' | 'online'>>> {
  const found = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'tag:orthweb:site', Values: [site] }] }),
  );
  const instances = (found.Reservations ?? []).flatMap(
    (reservation) => reservation.Instances ?? [],
  );
  const of = (node: NodeName) => {
    const mine = instances.filter((instance) =>
      instance.Tags?.some((tag) => tag.Key === 'orthweb:node' && tag.Value === node),
    );
    const instance = mine.find((one) => !ENDING.has(one.State?.Name ?? '')) ?? mine[0];
    return {
      ...(instance?.InstanceId && { instanceId: instance.InstanceId }),
      state: instance?.State?.Name ?? 'missing',
      ...fellOf(instance),
      ...addressOf(instance?.PublicDnsName, instance?.PublicIpAddress),
    };
  };
  return { a: of('a'), b: of('b') };
}

/**
 * An instance that fails to start is found `stopped` again, with a reason of the client's or the
 * server's side; one that was meant to stop says that somebody asked for it.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
 */
const MEANT = new Set(['Client.UserInitiatedShutdown', 'Client.InstanceInitiatedShutdown']);

const fellOf = (instance: Instance | undefined): { fell?: string } => {
  const { Code = '', Message = Code } = instance?.StateReason ?? {};
  return instance?.State?.Name === 'stopped' && Code && !MEANT.has(Code) ? { fell: Message } : {};
};

const addressOf = (name: string | undefined, address: string | undefined) => {
  const chosen = name || address;
  return chosen ? { address: chosen } : {};
};

/** Everything a power decision needs, read from AWS itself. Changes nothing. */
export async function readTruth(
  clients: { readonly ec2: Ec2; readonly rds: Rds; readonly ssm: Ssm },
  settings: { readonly SITE: string; readonly DATABASE: string },
  run: Run,
): Promise<Truth> {
  const instances = await readInstances(clients.ec2, settings.SITE);
  const database = await readDatabase(clients.rds, settings.DATABASE);
  const running = NODES.flatMap((node) =>
    instances[node].state === 'running' && instances[node].instanceId
      ? [instances[node].instanceId]
      : [],
  );
  const checked = new Set<string>();
  const online = new Set<string>();
  if (running.length > 0) {
    const statuses = await clients.ec2.send(
      new DescribeInstanceStatusCommand({ InstanceIds: running }),
    );
    for (const status of statuses.InstanceStatuses ?? []) {
      const checks = [status.InstanceStatus, status.SystemStatus, status.AttachedEbsStatus];
      const ok = checks.every((check) => !check || check.Status === 'ok');
      if (ok && status.InstanceId) checked.add(status.InstanceId);
    }
    const agents = await clients.ssm.send(
      new DescribeInstanceInformationCommand({
        Filters: [{ Key: 'InstanceIds', Values: running }],
      }),
    );
    for (const agent of agents.InstanceInformationList ?? []) {
      if (agent.PingStatus === 'Online' && agent.InstanceId) online.add(agent.InstanceId);
    }
  }
  const node = (name: NodeName): NodeTruth => ({
    ...instances[name],
    checksOk: checked.has(instances[name].instanceId ?? ''),
    online: online.has(instances[name].instanceId ?? ''),
  });
  const commands: Partial<Record<NodeName, CommandTruth>> = {};
  for (const name of NODES) {
    const sent = run.progress.commands[name];
    const instanceId = instances[name].instanceId;
    if (sent && instanceId) commands[name] = await readCommand(clients.ssm, sent.id, instanceId);
  }
  return { nodes: { a: node('a'), b: node('b') }, database, commands };
}

/**
 * One command on one host. Right after SendCommand the invocation may not be listed yet:
 * `InvocationDoesNotExist` then means "not yet".
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
 */
async function readCommand(ssm: Ssm, id: string, instanceId: string): Promise<CommandTruth> {
  try {
    const found = await ssm.send(
      new GetCommandInvocationCommand({ CommandId: id, InstanceId: instanceId }),
    );
    const pending = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];
    if (pending.includes(found.Status ?? 'Pending')) return { state: 'pending' };
    return {
      state: 'ended',
      ok: found.Status === 'Success',
      at: found.ExecutionEndDateTime || found.ExecutionStartDateTime || '',
      ...whatItSaid(found.StandardOutputContent, found.StatusDetails),
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'InvocationDoesNotExist') {
      return { state: 'pending' };
    }
    throw error;
  }
}

/** Our scripts end with one JSON line; a script that was cut off may have said anything. */
function whatItSaid(
  stdout: string | undefined,
  status = '',
): { readonly said: string; readonly listens?: boolean } {
  const line = stdout?.trim().split('\n').at(-1);
  if (!line) return { said: status };
  try {
    const { reason, listens } = JSON.parse(line) as { reason?: unknown; listens?: unknown };
    return {
      said: typeof reason === 'string' ? reason : line,
      ...(typeof listens === 'boolean' && { listens }),
    };
  } catch {
    return { said: line };
  }
}
