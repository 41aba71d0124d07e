import {
  _InstanceType,
  type DescribeInstanceStatusCommandInput,
  type DescribeInstanceStatusCommandOutput,
  type DescribeInstancesCommandInput,
  type DescribeInstancesCommandOutput,
  type InstanceStateName,
  type StartInstancesCommandInput,
  type StartInstancesCommandOutput,
  type StopInstancesCommandInput,
  type StopInstancesCommandOutput,
} from '@aws-sdk/client-ec2';
import { type Invocation, type Operations, operation } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import { Host } from '../host.ts';
import type { Assembly, Resource, ResourceType } from '../template.ts';
import type { World } from '../world.ts';

type Output<T> = Omit<T, '$metadata'>;

export const ec2Types: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::Instance': {
    reads: ['IamInstanceProfile', 'InstanceType', 'LaunchTemplate', 'Tags'],
    ignores: [
      'AvailabilityZone',
      'DisableApiTermination',
      'EbsOptimized',
      'Monitoring',
      'SecurityGroupIds',
      'SubnetId',
    ],
    names: (resource) => ({ ref: `i-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::EIP': {
    reads: ['InstanceId'],
    ignores: ['Domain'],
    names: (resource) => {
      const address = `203.0.113.${(Number.parseInt(resource.fingerprint(2), 16) % 250) + 1}`;
      return { ref: address, attributes: { PublicIp: address, AllocationId: address } };
    },
  },
};

/** Numbers of the API: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
const STATE_CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
interface Reason {
  readonly code: string;
  readonly message: string;
  /** What the field StateTransitionReason says of the same. */
  readonly transition: string;
}

export interface Instance {
  readonly id: string;
  readonly arn: string;
  readonly type: _InstanceType;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly address: string;
  readonly host: Host;
  /** What is true. */
  state: InstanceStateName;
  since: number;
  /** What the API says: it follows the truth after up to four seconds. */
  seen: InstanceStateName;
  /** Why it is not running, as the API says it; absent while it runs. */
  reason: Reason | undefined;
  /** Keys of ours that its volumes are encrypted with. */
  readonly keys: readonly string[];
  /** When the status checks pass; they need some minutes after a start. */
  checksPassAt: number;
}

/** EC2: instances with real delays, and reads that are eventually consistent. */
export class Ec2 {
  readonly instances: readonly Instance[];
  private readonly world: World;

  constructor(world: World, assembly: Assembly) {
    this.world = world;
    const addresses = assembly.resources('AWS::EC2::EIP');
    this.instances = assembly.resources('AWS::EC2::Instance').map((resource) => {
      const id = assembly.names(resource).ref;
      const eip = addresses.find((address) => address.optional('InstanceId') === id);
      const arn = resource.arn('ec2', `instance/${id}`);
      const launch = launchOf(assembly, resource);
      world.iam.assertTrusted(launch.role, 'ec2.amazonaws.com', resource.where);
      // The rehearsal begins where a deployment leaves the site: everything runs.
      return {
        id,
        arn,
        type: typeOf(resource),
        region: resource.stack.region,
        tags: tagsOf(resource),
        address: eip ? assembly.names(eip).ref : '',
        host: new Host(world, id, { where: resource.where, arn, role: launch.role }),
        keys: launch.keys,
        reason: undefined,
        state: 'running' as const,
        since: world.clock.now,
        seen: 'running' as const,
        checksPassAt: world.clock.now,
      };
    });
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
              PublicDnsName: this.nameOf(instance),
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
            const ok =
              instance.state === 'running' && this.world.clock.now >= instance.checksPassAt;
            const Status = ok ? ('ok' as const) : ('initializing' as const);
            return {
              InstanceId: instance.id,
              InstanceState: stateOf(instance.seen),
              InstanceStatus: { Status },
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
          this.start(instance, by);
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
          this.stop(instance, by);
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
    this.world.judge.disruptive({ call, towards, resource: nodeOf(instance) }, by);
  }

  /** The public name of an instance: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
  nameOf({ address, region }: Instance): string {
    const zone = region === 'us-east-1' ? 'compute-1' : `${region}.compute`;
    return `ec2-${address.replaceAll('.', '-')}.${zone}.amazonaws.com`;
  }

  /** The instance of a node; a node may have none. */
  node(name: string | undefined): Instance | undefined {
    return this.instances.find((one) => nodeOf(one) === name);
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

  private start(instance: Instance, by: Invocation): void {
    const { clock, faults, trace } = this.world;
    const chance = this.world.chance(`start ${instance.id}`);
    const who = `node ${nodeOf(instance)}`;
    if (instance.state === 'pending' || instance.state === 'running') return;
    if (instance.state !== 'stopped') {
      throw new AwsError(
        'IncorrectInstanceState',
        `The instance '${instance.id}' is not in a state from which it can be started.`,
      );
    }
    trace.add('call', by.functionName, `ec2:StartInstances ${who}`, this.world.because(by));
    if (faults.noCapacity(nodeOf(instance))) {
      throw new AwsError(
        'InsufficientInstanceCapacity',
        `We currently do not have sufficient ${instance.type} capacity in the Availability Zone you requested.`,
        'server',
      );
    }
    const refusal = this.grantRefusal(instance, by);
    this.become(instance, 'pending');
    if (refusal !== undefined) {
      clock.after(chance.between(3_000, 9_000), () => this.failLaunch(instance, refusal));
      return;
    }
    const takes = faults.transition(nodeOf(instance)) ?? chance.between(12_000, 35_000);
    clock.after(takes, () => {
      this.become(instance, 'running');
      instance.checksPassAt = clock.now + chance.between(90_000, 170_000);
      instance.host.boot();
    });
  }

  /**
   * Whoever starts an instance lets EC2 use the key of its volumes, by a grant in their own name.
   * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
   */
  private grantRefusal({ keys, region }: Instance, by: Invocation): string | undefined {
    const context = {
      'kms:ViaService': `ec2.${region}.amazonaws.com`,
      'kms:GrantIsForAWSResource': 'true',
    };
    return this.world.iam.refusal(by.role, 'kms:CreateGrant', keys, context);
  }

  /**
   * A caller without that right is not refused: the instance falls back by itself.
   * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
   */
  private failLaunch(instance: Instance, refusal: string): void {
    const code = 'Client.InternalError';
    const message = `${code}: Client error on launch`;
    this.become(instance, 'stopped', { code, message, transition: message }, refusal);
  }

  private stop(instance: Instance, by: Invocation): void {
    const { clock, faults, trace } = this.world;
    const chance = this.world.chance(`stop ${instance.id}`);
    if (instance.state === 'stopped' || instance.state === 'stopping') return;
    if (instance.state !== 'running') {
      throw new AwsError(
        'IncorrectInstanceState',
        `The instance '${instance.id}' is not in a state from which it can be stopped.`,
      );
    }
    const who = `node ${nodeOf(instance)}`;
    trace.add('call', by.functionName, `ec2:StopInstances ${who}`, this.world.because(by));
    instance.host.shutDown();
    const code = 'Client.UserInitiatedShutdown';
    const at = `${clock.iso().slice(0, 19).replace('T', ' ')} GMT`;
    const reason = {
      code,
      message: `${code}: User initiated shutdown`,
      transition: `User initiated (${at})`,
    };
    this.become(instance, 'stopping', reason);
    const takes = faults.transition(nodeOf(instance)) ?? chance.between(25_000, 70_000);
    clock.after(takes, () => this.become(instance, 'stopped', reason));
  }

  private become(
    instance: Instance,
    state: InstanceStateName,
    reason?: Reason,
    why?: string,
  ): void {
    const { bus, clock, faults, trace } = this.world;
    const chance = this.world.chance(`lag ${instance.id}`);
    const seconds = Math.round((clock.now - instance.since) / 1000);
    const before = instance.state;
    instance.state = state;
    instance.since = clock.now;
    clock.after(faults.readLag() || chance.between(0, 4000), () => {
      if (instance.state !== state) return;
      instance.seen = state;
      instance.reason = reason;
    });
    if (state === 'running' || state === 'stopped') {
      const who = `node ${nodeOf(instance)}`;
      trace.add(
        'world',
        who,
        state,
        why ? `${reason?.code}: ${why}` : `after ${seconds} s ${before}`,
      );
    }
    bus.emit({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [instance.arn],
      detail: { 'instance-id': instance.id, state },
    });
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

const stateOf = (Name: InstanceStateName) => ({ Name, Code: STATE_CODES[Name] });

const TYPES = new Map<string, _InstanceType>(
  Object.values(_InstanceType).map((type) => [type, type]),
);

function typeOf(resource: Resource): _InstanceType {
  const name = resource.text('InstanceType');
  const type = TYPES.get(name);
  if (!type) throw new NotModelled(`${resource.where}: EC2 has no instance type ${name}`);
  return type;
}

/** What an instance takes from its launch template: the role of its profile, the keys of its disks. */
function launchOf(assembly: Assembly, instance: Resource) {
  const given = instance.optional('LaunchTemplate') as { LaunchTemplateId?: string } | undefined;
  const template = assembly
    .resources('AWS::EC2::LaunchTemplate')
    .find((resource) => assembly.names(resource).ref === given?.LaunchTemplateId);
  const data = (template?.optional('LaunchTemplateData') ?? {}) as LaunchTemplateData;
  const named = instance.optional('IamInstanceProfile') ?? data.IamInstanceProfile?.Name;
  const profile = assembly.resources('AWS::IAM::InstanceProfile').find((resource) => {
    const { ref, attributes } = assembly.names(resource);
    return ref === named || attributes?.Arn === data.IamInstanceProfile?.Arn;
  });
  if (!profile) throw new NotModelled(`${instance.where}: its instance profile is in no template`);
  const [roleName] = profile.required('Roles') as string[];
  const role = assembly
    .resources('AWS::IAM::Role')
    .find((resource) => assembly.names(resource).ref === roleName);
  const keys = (data.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.KmsKeyId);
  return {
    role: role ? String(assembly.names(role).attributes?.Arn) : `${roleName}`,
    keys: [...new Set(keys.filter((key) => key !== undefined))],
  };
}

interface LaunchTemplateData {
  readonly IamInstanceProfile?: { readonly Arn?: string; readonly Name?: string };
  readonly BlockDeviceMappings?: readonly { readonly Ebs?: { readonly KmsKeyId?: string } }[];
}

export const resourceTags = (key: string, { tags }: Instance): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([name, value]) => [`${key}/${name}`, value]));

/** The logical host that an instance is; empty for one that is no node of a site. */
export const nodeOf = ({ tags }: Instance): string => tags['orthweb:node'] ?? '';

const tagsOf = (resource: Resource): Record<string, string> =>
  Object.fromEntries(
    (resource.optional('Tags') as { Key: string; Value: string }[] | undefined)?.map(
      ({ Key, Value }) => [Key, Value],
    ) ?? [],
  );
