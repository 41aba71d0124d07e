import { Fn, Lazy, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Network } from './network.ts';
import { type HostSettings, userDataOf } from './user-data.ts';

/** Amazon Linux 2023 for x86, the newest at the moment a host is launched. */
const image = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

export interface HostProps {
  /** What the host is told of its site; operations find it by the tags `orthweb:site` and `:node`. */
  readonly settings: Omit<HostSettings, 'stack' | 'resource'>;
  /** PEM of the authority that issues the database's certificate. */
  readonly databaseRoot: string;
  readonly network: Network;
  /** A public subnet; another one means another instance. */
  readonly subnet: ec2.ISubnet;
  /** Encrypts the disk. */
  readonly key: kms.IKey;
  /** Size of the instance, x86 only; a change stops and starts it. */
  readonly instanceType: string;
  /** Size of the disk in GiB, at launch. */
  readonly volumeGiB: number;
  readonly profile: iam.InstanceProfile;
  /** Whether its address survives a stop, for a price, or is a new one after each. */
  readonly addresses: 'elastic' | 'dynamic';
  /** Counts the hosts that this node has had; another number replaces the present one. */
  readonly generation: number;
}

/**
 * One host: an instance, the launch template it comes from, and an address.
 *
 * No deploy replaces a host unnoticed. What only a new instance can take up (image, user data,
 * disk, metadata options) is in the launch template, and the instance stays on its version 1: a
 * change makes a version 2 that running hosts ignore. The image is resolved at launch, so a new
 * Amazon Linux changes nothing in the template. Type and security group are on the instance, where
 * they change without replacing it. A new generation has a launch template of its own, and so a
 * new instance.
 */
export class Host extends Construct {
  readonly name: 'a' | 'b';
  readonly instance: ec2.CfnInstance;
  /** The lasting public address; absent where it changes with each start. */
  readonly address: string | undefined;

  constructor(scope: Construct, id: string, props: HostProps) {
    super(scope, id);
    const { site, node } = props.settings;
    const stack = Stack.of(this);
    this.name = node;

    const resource = Lazy.string({ produce: () => stack.getLogicalId(this.instance) });
    const settings = { ...props.settings, stack: stack.stackName, resource };
    const nth = props.generation === 1 ? '' : String(props.generation);
    const template = new ec2.LaunchTemplate(this, `Template${nth}`, {
      machineImage: ec2.MachineImage.resolveSsmParameterAtLaunch(image),
      userData: userDataOf(settings, props.databaseRoot),
      instanceProfile: props.profile,
      requireImdsv2: true,
      // One hop ends at the host: a container that asks for the host's credentials gets no answer.
      httpPutResponseHopLimit: 1,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: ec2.BlockDeviceVolume.ebs(props.volumeGiB, {
            volumeType: ec2.EbsDeviceVolumeType.GP3,
            encrypted: true,
            kmsKey: props.key,
          }),
        },
      ],
    });

    this.instance = new ec2.CfnInstance(this, 'Instance', {
      launchTemplate: { launchTemplateId: template.launchTemplateId, version: '1' },
      instanceType: props.instanceType,
      subnetId: props.subnet.subnetId,
      securityGroupIds: [props.network.hostGroup.securityGroupId],
      monitoring: true,
    });
    // Created once the host says that it serves: a deployment that replaces both, against all advice,
    // still has the first one serving before it touches the second. The first boot gives up by itself,
    // and says at what: packages, Compose and the bundle with all pauses, then six times the start of
    // orthweb.service, whose first one fetches about a gigabyte of images, fit into this with some
    // minutes to spare. Only a host that cannot be heard is waited for to the end.
    this.instance.cfnOptions.creationPolicy = { resourceSignal: { count: 1, timeout: 'PT45M' } };
    this.instance.node.addDependency(props.subnet.internetConnectivityEstablished);

    if (props.addresses === 'elastic') {
      this.address = new ec2.CfnEIP(this, 'Address', {
        instanceId: this.instance.ref,
      }).attrPublicIp;
    }

    Tags.of(this).add('orthweb:site', site);
    Tags.of(this).add('orthweb:node', node);
    // Above the usual priority, because the launch template names itself by its construct path.
    Tags.of(this).add('Name', `${site}-${node}`, { priority: 200 });
  }

  /**
   * The public name of the lasting address.
   *
   * The instance's own name attribute is read before it has this address, so it's put together.
   */
  get dnsName(): string | undefined {
    if (this.address === undefined) return undefined;
    const { region, urlSuffix } = Stack.of(this);
    const zone = region === 'us-east-1' ? 'compute-1' : `${region}.compute`;
    return `ec2-${Fn.join('-', Fn.split('.', this.address))}.${zone}.${urlSuffix}`;
  }
}
