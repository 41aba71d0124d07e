import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { Database } from './database.ts';
import { Downloads } from './downloads.ts';
import { Host } from './host.ts';
import { ImageAccess, imagesPrefix } from './image-access.ts';
import type { Network } from './network.ts';
import { removalOf } from './removal.ts';
import { SecretAccess } from './secret-access.ts';

export interface HostsProps {
  /** Name of the site. */
  readonly site: string;
  readonly network: Network;
  /** Bucket of the images. */
  readonly images: s3.Bucket;
  /** The index, and the secrets that lead to it. */
  readonly database: Pick<Database, 'instance' | 'secret' | 'user'>;
  /** PEM of the authority that issues the database's certificate. */
  readonly databaseRoot: string;
  /** Encrypts disks, secrets and logs. */
  readonly key: kms.IKey;
  /** Size of each instance, x86 only; a change stops and starts them one after the other. */
  readonly instanceType: string;
  /** Size of each disk in GiB. */
  readonly volumeGiB: number;
  /** Which devices may do what over DICOM. */
  readonly dicom: Config['dicom'];
  /** Range of the VPC, CIDR notation. */
  readonly vpc: string;
  /** Range for networks of containers on each host, CIDR notation. */
  readonly containers: string;
  readonly addresses: 'elastic' | 'dynamic';
  /** How many hosts each node has had; another number replaces the present one. */
  readonly generation: { readonly a: number; readonly b: number };
  /** Days that what containers write is kept. */
  readonly logRetentionDays: logs.RetentionDays;
  /** Whether logs and secrets outlive the stack. */
  readonly keepsData: boolean;
}

/** The two hosts, active-active in different zones, and what they may do. */
export class Hosts extends Construct {
  /** Worn by both hosts, not by their containers. */
  readonly role: iam.Role;
  /** Who may log in to Orthanc. */
  readonly users: secretsmanager.ISecret;
  /** Receives what containers write. */
  readonly logGroup: logs.LogGroup;
  /** `s3://bucket/key` of the bundle that a new host fetches. */
  readonly bundle: string;
  readonly a: Host;
  readonly b: Host;

  constructor(scope: Construct, id: string, props: HostsProps) {
    super(scope, id);
    const { site, network, key } = props;

    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      description: `Hosts of the Orthweb site ${site}`,
    });
    this.letSystemsManagerIn();
    const { bundle } = new Downloads(this, 'Downloads', {
      ...props,
      hosts: this.role,
      endpoint: network.s3,
    });
    this.bundle = bundle;
    this.logGroup = this.letContainersLog(props);
    const images = new ImageAccess(this, 'Images', {
      bucket: props.images,
      key,
      hosts: this.role,
      endpoint: network.s3,
    });
    const { secret: master, user } = props.database;
    const secrets = new SecretAccess(this, 'Secrets', {
      ...props,
      hosts: this.role,
      database: user,
      master,
    });
    this.users = secrets.users;

    const [subnetA, subnetB] = network.vpc.publicSubnets;
    if (subnetA === undefined || subnetB === undefined) {
      throw new Error('A site needs two zones: its two hosts never share one.');
    }
    const common = {
      ...props,
      profile: new iam.InstanceProfile(this, 'Profile', { role: this.role }),
    };
    const settings = {
      site,
      region: Stack.of(this).region,
      bundle: this.bundle,
      imagesBucket: props.images.bucketName,
      imagesPrefix,
      imagesRole: images.role.roleArn,
      logGroup: this.logGroup.logGroupName,
      containerNetworks: props.containers,
      database: props.database.instance.dbInstanceEndpointAddress,
      databaseSecret: user.secretArn,
      masterSecret: master.secretArn,
      usersSecret: secrets.users.secretArn,
    };
    this.a = new Host(this, 'A', {
      ...common,
      settings: { ...settings, node: 'a' },
      subnet: subnetA,
      generation: props.generation.a,
    });
    this.b = new Host(this, 'B', {
      ...common,
      settings: { ...settings, node: 'b' },
      subnet: subnetB,
      generation: props.generation.b,
    });
    for (const { instance } of [this.a, this.b]) {
      // The agent reports at boot and backs off for long when denied, and the first boot happens
      // once: rights and the way to S3 must be there first.
      instance.node.addDependency(this.role, images, network.s3);
      // It ends with Orthanc's user of the database, and no host waits for rules between groups:
      // before them its packets are dropped, and the first boot would wait for a silent database.
      instance.node.addDependency(network.hostGroup, network.databaseGroup);
    }
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

  /** Where containers write. Made here, because Docker would make it unencrypted and for ever. */
  private letContainersLog({ site, key, logRetentionDays, keepsData }: HostsProps): logs.LogGroup {
    const group = new logs.LogGroup(this, 'Log', {
      logGroupName: `/orthweb/${site}/containers`,
      encryptionKey: key,
      retention: logRetentionDays,
      removalPolicy: removalOf({ keepsData }),
    });
    this.role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'ContainerLogs',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [group.logGroupArn],
      }),
    );
    return group;
  }
}
