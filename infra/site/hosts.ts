import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { Host } from './host.ts';
import type { Network } from './network.ts';

export interface HostsProps {
  /** Name of the site. */
  readonly site: string;
  readonly network: Network;
  /** Encrypts the disks. */
  readonly key: kms.IKey;
  /** Size of each instance, x86 only; a change stops and starts them one after the other. */
  readonly instanceType: string;
  /** Size of each disk in GiB. */
  readonly volumeGiB: number;
  /** Whether EC2 refuses to terminate the instances. */
  readonly protect: boolean;
}

/** The two hosts, active-active in different zones, and what they may do. */
export class Hosts extends Construct {
  /** Worn by both hosts, not by their containers. */
  readonly role: iam.Role;
  readonly a: Host;
  readonly b: Host;

  constructor(scope: Construct, id: string, props: HostsProps) {
    super(scope, id);

    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      description: `Hosts of the Orthweb site ${props.site}`,
    });
    this.letSystemsManagerIn();

    const [subnetA, subnetB] = props.network.vpc.publicSubnets;
    if (subnetA === undefined || subnetB === undefined) {
      throw new Error('A site needs two zones: its two hosts never share one.');
    }
    const common = {
      ...props,
      profile: new iam.InstanceProfile(this, 'Profile', { role: this.role }),
      userData: prepareHost(),
    };
    this.a = new Host(this, 'A', { ...common, name: 'a', subnet: subnetA });
    this.b = new Host(this, 'B', { ...common, name: 'b', subnet: subnetB });
    // The agent reports at boot and backs off for long when denied: its rights must be there first.
    this.a.instance.node.addDependency(this.role);
    this.b.instance.node.addDependency(this.role);
    // CloudFormation works in parallel where it may: an update that stops instances would stop both.
    this.b.instance.node.addDependency(this.a.instance);
  }

  /**
   * What the agent needs for Session Manager and Run Command, instead of the managed policy, which
   * would also read every parameter of the account.
   *
   * None of these actions can be limited to a resource: they act on the caller's own registration
   * and channel. The older `ec2messages` channel is left out; agents since 3.3.40 use it only
   * where `ssmmessages` is denied.
   */
  private letSystemsManagerIn(): void {
    this.role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'SystemsManagerAgent',
        actions: [
          // The heartbeat: without it the host is not "online" and no command is sent.
          'ssm:UpdateInstanceInformation',
          // The channel on which commands and session requests arrive.
          'ssmmessages:CreateControlChannel',
          'ssmmessages:OpenControlChannel',
          // The channel of one session: what the operator types and sees.
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenDataChannel',
        ],
        resources: ['*'],
      }),
    );
  }
}

/** Makes the two folders of the host's contract and starts nothing. */
function prepareHost(): ec2.UserData {
  const userData = ec2.UserData.forLinux();
  userData.addCommands(
    'set -euo pipefail',
    'install -d -m 0755 /opt/orthweb',
    '# In memory and made anew at each boot: secrets are gone with the power.',
    "echo 'd /run/orthweb/secrets 0700 root root -' > /etc/tmpfiles.d/orthweb.conf",
    'systemd-tmpfiles --create /etc/tmpfiles.d/orthweb.conf',
  );
  return userData;
}
