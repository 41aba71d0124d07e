import type {
  Instance as ApiInstance,
  DescribeInstanceStatusCommandInput,
  DescribeInstanceStatusCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
  StartInstancesCommandInput,
  StartInstancesCommandOutput,
  StopInstancesCommandInput,
  StopInstancesCommandOutput,
} from '@aws-sdk/client-ec2';
import { type Invocation, type Operations, operation } from '../../api.ts';
import { AwsError, NotModelled } from '../../aws-error.ts';
import type { World } from '../../world.ts';
import { lentAddress, privateName, publicName } from './addresses.ts';
import { type Instance, nodeOf, resourceTags, stateOf } from './instance.ts';
import { instancesOf } from './launch.ts';
import { Lifecycle } from './lifecycle.ts';

type Output<T> = Omit<T, '$metadata'>;

/** EC2: instances with real delays, and reads that are eventually consistent. */
export class Ec2 {
  readonly instances: readonly Instance[];
  private readonly lifecycle: Lifecycle;

  constructor(world: World) {
    this.lifecycle = new Lifecycle(world);
    this.instances = world.sites.flatMap(instancesOf);
    for (const instance of this.instances) {
      if (instance.borrows) instance.address = lentAddress(instance, this.instances);
      instance.seen = { ...instance.seen, address: instance.address };
    }
  }

  readonly operations: Operations = {
    DescribeInstances: operation(
      (_input: DescribeInstancesCommandInput) => [
        { action: 'ec2:DescribeInstances', resources: ['*'] },
      ],
      (input): Output<DescribeInstancesCommandOutput> => ({
        Reservations: this.filtered(input).map((instance) => ({
          Instances: [described(instance)],
        })),
      }),
    ),
    DescribeInstanceStatus: operation(
      (_input: DescribeInstanceStatusCommandInput) => [
        { action: 'ec2:DescribeInstanceStatus', resources: ['*'] },
      ],
      ({ InstanceIds = [] }): Output<DescribeInstanceStatusCommandOutput> => ({
        // By default it describes running instances alone.
        InstanceStatuses: InstanceIds.map((id) => this.find(id))
          .filter(({ seen }) => seen.state === 'running')
          .map(({ id, seen, checks }) => ({
            InstanceId: id,
            InstanceState: stateOf(seen.state),
            InstanceStatus: { Status: checks.statusOf('instance') },
            SystemStatus: { Status: checks.statusOf('system') },
            AttachedEbsStatus: { Status: checks.statusOf('volume') },
          })),
      }),
    ),
    StartInstances: operation(
      (input: StartInstancesCommandInput) => this.touching('ec2:StartInstances', input),
      ({ InstanceIds = [] }, by): Output<StartInstancesCommandOutput> => ({
        StartingInstances: InstanceIds.map((id) => this.find(id)).map((instance) => {
          const PreviousState = stateOf(instance.state);
          this.disrupts('ec2:StartInstances', 'running', instance, by);
          this.lifecycle.start(instance, by);
          return { InstanceId: instance.id, PreviousState, CurrentState: stateOf(instance.state) };
        }),
      }),
    ),
    StopInstances: operation(
      (input: StopInstancesCommandInput) => this.touching('ec2:StopInstances', input),
      ({ InstanceIds = [] }, by): Output<StopInstancesCommandOutput> => ({
        StoppingInstances: InstanceIds.map((id) => this.find(id)).map((instance) => {
          const PreviousState = stateOf(instance.state);
          this.disrupts('ec2:StopInstances', 'stopped', instance, by);
          this.lifecycle.stop(instance, by);
          return { InstanceId: instance.id, PreviousState, CurrentState: stateOf(instance.state) };
        }),
      }),
    ),
  };

  /** A person stops it in the console, and starts it again there. */
  stopByHand(instance: Instance): void {
    this.lifecycle.stopByHand(instance);
  }

  startByHand(instance: Instance): void {
    this.lifecycle.startByHand(instance);
  }

  private disrupts(
    call: string,
    towards: 'running' | 'stopped',
    instance: Instance,
    by: Invocation,
  ): void {
    instance.site.judge.disruptive({ call, towards, resource: nodeOf(instance) }, by);
  }

  find(id: string): Instance {
    const instance = this.instances.find((one) => one.id === id);
    if (!instance) {
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    }
    return instance;
  }

  private touching(action: string, { InstanceIds = [] }: { InstanceIds?: string[] | undefined }) {
    return InstanceIds.map((id) => this.find(id)).map((instance) => ({
      action,
      resources: [instance.arn],
      context: resourceTags('aws:ResourceTag', instance),
    }));
  }

  private filtered({ Filters = [], InstanceIds }: DescribeInstancesCommandInput): Instance[] {
    const wanted = InstanceIds?.map((id) => this.find(id)) ?? this.instances;
    return wanted.filter((instance) =>
      Filters.every(({ Name = '', Values = [] }) => {
        if (!Name.startsWith('tag:'))
          throw new NotModelled(`ec2: the filter ${Name} is not modelled`);
        return Values.includes(instance.tags[Name.slice(4)] ?? '');
      }),
    );
  }
}

/**
 * Without an address it has no name either, and the API says so with an empty text.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
 */
export function described({ id, type, region, seen, tags, privateAddress }: Instance): ApiInstance {
  const { address, launchedAt, reason, state } = seen;
  return {
    InstanceId: id,
    InstanceType: type,
    LaunchTime: new Date(launchedAt),
    State: stateOf(state),
    StateTransitionReason: reason?.transition ?? '',
    ...(reason && { StateReason: { Code: reason.code, Message: reason.message } }),
    ...(address !== undefined && { PublicIpAddress: address }),
    PrivateIpAddress: privateAddress,
    PrivateDnsName: privateName(region, privateAddress),
    PublicDnsName: address === undefined ? '' : publicName(region, address),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}
