import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { namesOf } from './node-names.ts';
import type { NodeName } from './operations-table.ts';

/** The instance that a node is on, as EC2 describes it. */
export interface InstanceTruth {
  /** Absent when no instance carries this node's tags. */
  readonly instanceId?: string;
  /** EC2's own word, or `missing`. */
  readonly state: string;
  /** When it was last started, ISO 8601: a reboot is no start. */
  readonly launchedAt?: string;
  /** Why EC2 itself has stopped it, in EC2's words; absent where a person or we did. */
  readonly fell?: string;
  /** The public DNS name, or the address where the VPC gives no name. */
  readonly address?: string;
  /** Its address inside the VPC. */
  readonly privateAddress?: string;
  /** All that it is called now, by which clients may know it: the first is what they are to use. */
  readonly names: readonly string[];
}

/** EC2's words for one status check of an instance: `ok`, `impaired`, `initializing`, … */
export interface StatusChecks {
  /** The machine below the instance. */
  readonly system: string;
  /** Its operating system. */
  readonly instance: string;
  /** Its disk; absent where EC2 does not say. */
  readonly volume?: string;
}

const ENDING = new Set(['shutting-down', 'terminated']);

/**
 * The instance of each node, found by its tags: a node survives the replacement of its instance.
 * An instance that ends stays listed for about an hour, so one that lives counts before it.
 */
export async function readInstances(
  ec2: Pick<EC2Client, 'send'>,
  site: string,
): Promise<Record<NodeName, InstanceTruth>> {
  const found = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'tag:orthweb:site', Values: [site] }] }),
  );
  const instances = (found.Reservations ?? []).flatMap(
    (reservation) => reservation.Instances ?? [],
  );
  const of = (node: NodeName): InstanceTruth => {
    const mine = instances.filter((instance) =>
      instance.Tags?.some((tag) => tag.Key === 'orthweb:node' && tag.Value === node),
    );
    const instance = mine.find((one) => !ENDING.has(one.State?.Name ?? '')) ?? mine[0];
    return {
      ...(instance?.InstanceId && { instanceId: instance.InstanceId }),
      state: instance?.State?.Name ?? 'missing',
      ...(instance?.LaunchTime && { launchedAt: instance.LaunchTime.toISOString() }),
      ...fellOf(instance),
      ...addressOf(instance?.PublicDnsName, instance?.PublicIpAddress),
      ...(instance?.PrivateIpAddress && { privateAddress: instance.PrivateIpAddress }),
      names: namesOf(instance),
    };
  };
  return { a: of('a'), b: of('b') };
}

/** The instances that run. */
export const runningOf = (instances: Readonly<Record<NodeName, InstanceTruth>>): string[] =>
  Object.values(instances).flatMap(({ state, instanceId }) =>
    state === 'running' && instanceId ? [instanceId] : [],
  );

/** What EC2's status checks find of each of the instances, by its id; it tells of running ones alone. */
export async function readChecks(
  ec2: Pick<EC2Client, 'send'>,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, StatusChecks>> {
  if (instanceIds.length === 0) return new Map();
  const { InstanceStatuses = [] } = await ec2.send(
    new DescribeInstanceStatusCommand({ InstanceIds: [...instanceIds] }),
  );
  return new Map(
    InstanceStatuses.map(({ InstanceId = '', SystemStatus, InstanceStatus, AttachedEbsStatus }) => [
      InstanceId,
      {
        system: SystemStatus?.Status ?? 'ok',
        instance: InstanceStatus?.Status ?? 'ok',
        ...(AttachedEbsStatus?.Status && { volume: AttachedEbsStatus.Status }),
      },
    ]),
  );
}

/** Those of the instances whose agent answers Systems Manager. */
export async function readOnline(
  ssm: Pick<SSMClient, 'send'>,
  instanceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (instanceIds.length === 0) return new Set();
  const agents = await ssm.send(
    new DescribeInstanceInformationCommand({
      Filters: [{ Key: 'InstanceIds', Values: [...instanceIds] }],
    }),
  );
  return new Set(
    (agents.InstanceInformationList ?? []).flatMap(({ PingStatus, InstanceId }) =>
      PingStatus === 'Online' && InstanceId ? [InstanceId] : [],
    ),
  );
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
