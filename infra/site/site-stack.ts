import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { databaseRoot } from '../database-root.ts';
import { Authority } from './authority.ts';
import { Budget } from './budget.ts';
import { Database } from './database.ts';
import type { Host } from './host.ts';
import { Hosts } from './hosts.ts';
import { SiteKey } from './key.ts';
import { Network, ports } from './network.ts';
import { State } from './state.ts';
import { Storage } from './storage.ts';

export interface SiteStackProps extends StackProps {
  readonly config: Config;
}

/**
 * What must survive: keys, network, images, index, hosts and the operations table.
 *
 * A production site (`environment: 'prd'`) keeps its data when the stack is deleted, refuses that
 * deletion until someone lifts the protection, and has a standby database.
 */
export class SiteStack extends Stack {
  readonly key: kms.Key;
  readonly network: Network;
  readonly storage: Storage;
  readonly database: rds.DatabaseInstance;
  readonly table: dynamodb.Table;
  readonly authority: Authority;
  readonly hosts: Hosts;
  private readonly zones: readonly string[];

  constructor(scope: Construct, id: string, { config, ...props }: SiteStackProps) {
    const production = config.environment === 'prd';
    super(scope, id, { terminationProtection: production, ...props });
    this.zones = config.zones;
    const root = databaseRoot(config.region);
    if (root === undefined) throw new Error(`${config.region}: no root of its databases is known`);

    this.key = new SiteKey(this, 'Key', { site: config.site, keepsData: production });
    this.storage = new Storage(this, 'Storage', {
      key: this.key,
      ...config.storage,
      logRetentionDays: config.logs.retentionDays,
      keepsData: production,
    });
    this.network = new Network(this, 'Network', {
      ...config.network,
      ...config.clients,
      zones: config.zones,
      logs: this.storage.logs,
    });
    const database = new Database(this, 'Database', {
      ...config.database,
      identifier: config.site,
      network: this.network,
      key: this.key,
      logRetentionDays: config.logs.retentionDays,
      standby: production,
      keepsData: production,
    });
    this.database = database.instance;
    this.hosts = new Hosts(this, 'Hosts', {
      ...config.hosts,
      site: config.site,
      network: this.network,
      images: this.storage.data,
      database,
      databaseRoot: root,
      key: this.key,
      dicom: config.dicom,
      vpc: config.network.cidr,
      containers: config.network.containers,
      logRetentionDays: config.logs.retentionDays,
      keepsData: production,
    });
    this.table = new State(this, 'State', { keepsData: production });
    this.authority = new Authority(this, 'Authority', {
      site: config.site,
      ...config.certificate,
      logRetentionDays: config.logs.retentionDays,
      keepsData: production,
    });
    if (config.budget) {
      new Budget(this, 'Budget', { ...config.budget, ...config.alerts, site: config.site });
    }

    this.tell();
    const ours = { Application: 'Orthweb', Environment: config.environment, Site: config.site };
    for (const [name, value] of Object.entries({ ...config.tags, ...ours })) {
      Tags.of(this).add(name, value);
    }
  }

  /** The configured zones. CDK's own answer would need credentials to look them up. */
  override get availabilityZones(): string[] {
    return [...this.zones];
  }

  /** Prints what the operator needs after a deploy. */
  private tell(): void {
    for (const host of [this.hosts.a, this.hosts.b]) this.tellOf(host);
    this.output(
      'DatabaseEndpoint',
      this.database.instanceEndpoint.socketAddress,
      'PostgreSQL, from the hosts only',
    );
    this.output(
      'UsersSecret',
      this.hosts.users.secretArn,
      `Who may log in to Orthanc: edit the secret, then send ${this.stackName}-secrets to each node`,
    );
    this.output('DataBucket', this.storage.data.bucketName, 'Bucket of the images');
    this.output('LogBucket', this.storage.logs.bucketName, 'Bucket of access and flow logs');
    this.output('ContainerLogs', this.hosts.logGroup.logGroupName, 'Log group of the containers');
    this.output('OperationsTable', this.table.tableName, 'Table in which operations keep state');
    this.output(
      'HostsInConsole',
      this.console(`ec2/home?region=${this.region}#Instances:tag:orthweb:site=${this.stackName}`),
      'Both hosts in the EC2 console',
    );
    this.output(
      'DatabaseInConsole',
      this.console(`rds/home?region=${this.region}#database:id=${this.stackName};is-cluster=false`),
      'The database in the RDS console',
    );
  }

  private tellOf({ name, instance, address, dnsName }: Host): void {
    const node = name.toUpperCase();
    if (address !== undefined && dnsName !== undefined) {
      this.output(`Node${node}Address`, address, `Public IP address of node ${name}`);
      this.output(`Node${node}Name`, dnsName, `Public DNS name of node ${name}`);
      this.output(`Node${node}Web`, `https://${dnsName}/`, `Web viewer on node ${name}`);
      this.output(
        `Node${node}Dicom`,
        `${dnsName}:${ports.dicom}`,
        `Where modalities send to on node ${name}, DICOM over TLS`,
      );
    }
    this.output(
      `Node${node}Session`,
      `aws ssm start-session --region ${this.region} --target ${instance.ref}`,
      `Opens a shell on node ${name}; there is no SSH`,
    );
  }

  private console(path: string): string {
    return `https://${this.region}.console.aws.amazon.com/${path}`;
  }

  private output(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}
