import { Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { punctuation } from './generated-password.ts';
import type { Network } from './network.ts';
import { removalOf } from './removal.ts';

export interface DatabaseProps {
  /** Name of the instance, unique in account and region: operations start and stop it by name. */
  readonly identifier: string;
  readonly network: Network;
  /** Encrypts storage, backups, secrets and logs. */
  readonly key: kms.IKey;
  /** Class of the instance, for example `db.t4g.medium`. */
  readonly instanceClass: string;
  /** Size of the storage in GiB; can grow, never shrink. */
  readonly storageGiB: number;
  /** Up to how many GiB RDS lets it grow by itself before it is full. */
  readonly maxStorageGiB: number;
  /** Days each automated backup is kept. */
  readonly backupDays: number;
  /** When backups are taken, `HH:MM-HH:MM` in UTC; a stopped database takes none. */
  readonly backupWindow?: string;
  /** When RDS may patch it, `ddd:HH:MM-ddd:HH:MM` in UTC; a stopped database is not patched. */
  readonly maintenanceWindow?: string;
  /** Days each log line is kept. */
  readonly logRetentionDays: logs.RetentionDays;
  /** Whether a standby in a second zone takes over on failure, for about twice the price. */
  readonly standby: boolean;
  /** Whether database, secrets and logs outlive the stack, and deletion is refused. */
  readonly keepsData: boolean;
}

/**
 * The index of images: PostgreSQL, reached by the hosts only and over TLS only.
 *
 * A database that outlives its stack keeps the subnets it lies in, so the deletion of a production
 * stack ends with the network left over. That is wanted: delete the database on purpose first.
 */
export class Database extends Construct {
  readonly instance: rds.DatabaseInstance;
  /** Name and password of the master user, for the one-time creation of application users. */
  readonly secret: rds.DatabaseSecret;
  /** Name and password of the user that Orthanc has for itself; the first host to boot makes it. */
  readonly user: rds.DatabaseSecret;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);

    const removalPolicy = removalOf(props);
    const monitoringRole = this.monitoringRole(props.identifier);
    const engine = rds.DatabaseInstanceEngine.postgres({
      version: rds.PostgresEngineVersion.VER_17,
    });
    this.secret = this.secretOf('Secret', 'orthweb_master', props);
    this.user = this.secretOf('User', 'orthweb_orthanc', props);

    this.instance = new rds.DatabaseInstance(this, 'Instance', {
      instanceIdentifier: props.identifier,
      engine,
      instanceType: new ec2.InstanceType(props.instanceClass.replace(/^db\./, '')),
      credentials: rds.Credentials.fromSecret(this.secret),
      vpc: props.network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [props.network.databaseGroup],
      // Hosts trust the root of this authority and no other: another one here locks them out.
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      multiAz: props.standby,
      storageType: rds.StorageType.GP3,
      allocatedStorage: props.storageGiB,
      maxAllocatedStorage: props.maxStorageGiB,
      storageEncrypted: true,
      storageEncryptionKey: props.key,
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', {
        engine,
        description: 'TLS only, and no patient data in the logs',
        removalPolicy,
        parameters: {
          'rds.force_ssl': '1',
          // Values of DICOM tags travel as parameters, and show up in the details of errors.
          log_statement: 'ddl',
          log_min_duration_statement: '1000',
          log_parameter_max_length: '0',
          log_parameter_max_length_on_error: '0',
          log_error_verbosity: 'terse',
        },
      }),
      backupRetention: Duration.days(props.backupDays),
      preferredBackupWindow: props.backupWindow,
      preferredMaintenanceWindow: props.maintenanceWindow,
      deleteAutomatedBackups: !props.keepsData,
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      monitoringInterval: Duration.minutes(1),
      monitoringRole,
      deletionProtection: props.keepsData,
      removalPolicy,
    });

    // RDS tries the role when it takes it, and its rights are a resource of their own.
    this.instance.node.addDependency(monitoringRole);
    // Made here because RDS would make them itself: unencrypted with our key, and kept for ever.
    for (const log of ['postgresql', 'upgrade']) {
      this.instance.node.addDependency(
        new logs.LogGroup(this, `Log-${log}`, {
          logGroupName: `/aws/rds/instance/${props.identifier}/${log}`,
          encryptionKey: props.key,
          retention: props.logRetentionDays,
          removalPolicy,
        }),
      );
    }
  }

  private secretOf(id: string, username: string, props: DatabaseProps): rds.DatabaseSecret {
    const secret = new rds.DatabaseSecret(this, id, {
      username,
      encryptionKey: props.key,
      excludeCharacters: punctuation,
    });
    secret.applyRemovalPolicy(removalOf(props));
    return secret;
  }

  /**
   * Lets RDS write what its operating system measures, and nothing else: AWS's managed policy does
   * so for all groups of the account whose names begin with RDS.
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html
   */
  private monitoringRole(identifier: string): iam.Role {
    const { partition, region, account } = Stack.of(this);
    const arn = (service: string, rest: string) =>
      `arn:${partition}:${service}:${region}:${account}:${rest}`;
    const role = new iam.Role(this, 'Monitoring', {
      description: `Enhanced monitoring of the database ${identifier}`,
      assumedBy: new iam.ServicePrincipal('monitoring.rds.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:SourceArn': arn('rds', `db:${identifier}`),
          },
        },
      }),
    });
    // All databases of an account share this group, and RDS makes it.
    const group = arn('logs', 'log-group:RDSOSMetrics');
    role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'Group',
        actions: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'],
        resources: [group],
      }),
    );
    role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'Streams',
        actions: [
          'logs:CreateLogStream',
          'logs:PutLogEvents',
          'logs:DescribeLogStreams',
          'logs:GetLogEvents',
        ],
        resources: [`${group}:log-stream:*`],
      }),
    );
    return role;
  }
}
