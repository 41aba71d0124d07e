import type {
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
import { type Instance, nameOf, nodeOf, resourceTags, stateOf } from './instance.ts';
import { instancesOf } from './launch.ts';
import { Lifecycle } from './lifecycle.ts';

type Output<T> = Omit<T, '$metadata'>;

/** EC2: instances with real delays, and reads that are eventually consistent. */
export class Ec2 {
  readonly instances: readonly Instance[];
  private readonly world: World;
  private readonly lifecycle: Lifecycle;

  constructor(world: World) {
    this.world = world;
    this.lifecycle = new Lifecycle(world);
    this.instances = world.sites.flatMap(instancesOf);
  }

  readonly operations: Operations = {
    DescribeInstances: operation(
      (_input: DescribeInstancesCommandInput) => [
        { action: 'ec2:DescribeInstances', resources: ['*'] },
      ],
      (input): Output<DescribeInstancesCommandOutput> => ({
        Reservations: this.filtered(input).map((instance) => ({
          Instances: [
            {
              InstanceId: instance.id,
              InstanceType: instance.type,
              State: stateOf(instance.seen),
              StateTransitionReason: instance.reason?.transition ?? '',
              ...(instance.reason && {
                StateReason: { Code: instance.reason.code, Message: instance.reason.message },
              }),
              PublicIpAddress: instance.address,
              PublicDnsName: nameOf(instance),
              Tags: Object.entries(instance.tags).map(([Key, Value]) => ({ Key, Value })),
            },
          ],
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
          .filter(({ seen }) => seen === 'running')
          .map((instance) => {
            const checked =
              instance.state === 'running' && this.world.clock.now >= instance.checksPassAt;
            const Status = checked ? ('ok' as const) : ('initializing' as const);
            const inside = checked && !instance.host.awake ? ('impaired' as const) : Status;
            return {
              InstanceId: instance.id,
              InstanceState: stateOf(instance.seen),
              InstanceStatus: { Status: inside },
              SystemStatus: { Status },
              AttachedEbsStatus: { Status },
            };
          }),
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
