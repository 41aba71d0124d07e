import { Fn, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Network } from './network.ts';

/** Amazon Linux 2023 for x86, the newest at the moment a host is launched. */
const image = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

export interface HostProps {
  /** Name of the site; operations find hosts by the tag `orthweb:site`. */
  readonly site: string;
  /** The node this host is, which survives the replacement of its instance. */
  readonly name: 'a' | 'b';
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
  readonly userData: ec2.UserData;
  /** Whether EC2 refuses to terminate the instance. */
  readonly protect: boolean;
}

/**
 * One host: an instance, the launch template it comes from, and an address that survives a stop.
 *
 * No deploy replaces a host unnoticed. What only a new instance can take up (image, user data,
 * disk, metadata options) is in the launch template, and the instance stays on its version 1: a
 * change makes a version 2 that running hosts ignore. The image is resolved at launch, so a new
 * Amazon Linux changes nothing in the template. Type and security group are on the instance, where
 * they change without replacing it. To renew a host on purpose, give its launch template another
 * construct id, one node per deploy: `npm run diff` then announces the replacement.
 */
export class Host extends Construct {
  readonly name: 'a' | 'b';
  readonly instance: ec2.CfnInstance;
  /** The lasting public address. */
  readonly address: string;
  /** The public name of that address. */
  readonly dnsName: string;

  constructor(scope: Construct, id: string, props: HostProps) {
    super(scope, id);
    this.name = props.name;

    const template = new ec2.LaunchTemplate(this, 'Template', {
      machineImage: ec2.MachineImage.resolveSsmParameterAtLaunch(image),
      userData: props.userData,
      instanceProfile: props.profile,
      requireImdsv2: true,
      // One hop ends at the host: a container that asks for the host's credentials gets no answer.
      httpPutResponseHopLimit: 1,
      ebsOptimized: true,
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
      disableApiTermination: props.protect,
    });
    this.instance.node.addDependency(props.subnet.internetConnectivityEstablished);

    const address = new ec2.CfnEIP(this, 'Address', { instanceId: this.instance.ref });
    this.address = address.attrPublicIp;
    // The instance's own name attribute is read before it has this address, so it's put together.
    const { region, urlSuffix } = Stack.of(this);
    const zone = region === 'us-east-1' ? 'compute-1' : `${region}.compute`;
    this.dnsName = `ec2-${Fn.join('-', Fn.split('.', this.address))}.${zone}.${urlSuffix}`;

    Tags.of(this).add('orthweb:site', props.site);
    Tags.of(this).add('orthweb:node', props.name);
    // Above the usual priority, because the launch template names itself by its construct path.
    Tags.of(this).add('Name', `${props.site}-${props.name}`, { priority: 200 });
  }
}
