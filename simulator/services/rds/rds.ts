import type {
  DescribeDBInstancesCommandInput,
  DescribeDBInstancesCommandOutput,
  StartDBInstanceCommandInput,
  StartDBInstanceCommandOutput,
  StopDBInstanceCommandInput,
  StopDBInstanceCommandOutput,
} from '@aws-sdk/client-rds';
import { type Operations, operation } from '../../api.ts';
import { AwsError } from '../../aws-error.ts';
import type { Site } from '../../site.ts';
import type { ResourceType } from '../../template.ts';
import type { World } from '../../world.ts';
import { Database } from './database.ts';

type Output<T> = Omit<T, '$metadata'>;

export const rdsTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::RDS::DBInstance': {
    reads: ['DBInstanceIdentifier', 'DBSubnetGroupName', 'MonitoringRoleArn', 'VPCSecurityGroups'],
    ignores: [
      'AllocatedStorage',
      'AutoMinorVersionUpgrade',
      'BackupRetentionPeriod',
      'CACertificateIdentifier',
      'CopyTagsToSnapshot',
      'DBInstanceClass',
      'DBParameterGroupName',
      'DeleteAutomatedBackups',
      'DeletionProtection',
      'EnableCloudwatchLogsExports',
      'Engine',
      'EngineVersion',
      'KmsKeyId',
      'MasterUserPassword',
      'MasterUsername',
      'MaxAllocatedStorage',
      'MonitoringInterval',
      'MultiAZ',
      'PreferredBackupWindow',
      'PreferredMaintenanceWindow',
      'PubliclyAccessible',
      'StorageEncrypted',
      'StorageType',
    ],
    names: (resource) => {
      const name = String(resource.optional('DBInstanceIdentifier') ?? resource.generatedName());
      return {
        ref: name,
        attributes: {
          DBInstanceArn: resource.arn('rds', `db:${name}`),
          'Endpoint.Address': `${name}.example.${resource.stack.region}.rds.amazonaws.com`,
          'Endpoint.Port': '5432',
        },
      };
    },
  },
  'AWS::RDS::DBSubnetGroup': {
    reads: ['SubnetIds'],
    ignores: ['DBSubnetGroupDescription'],
    names: (resource) => ({ ref: resource.generatedName().toLowerCase() }),
  },
};

/** RDS: the databases of the account. */
export class Rds {
  private readonly databases: ReadonlyMap<Site, Database>;

  constructor(world: World) {
    this.databases = new Map(world.sites.map((site) => [site, new Database(site)]));
  }

  readonly operations: Operations = {
    DescribeDBInstances: operation(
      ({ DBInstanceIdentifier }: DescribeDBInstancesCommandInput) => [
        { action: 'rds:DescribeDBInstances', resources: [this.known(DBInstanceIdentifier).arn] },
      ],
      ({ DBInstanceIdentifier }): Output<DescribeDBInstancesCommandOutput> => ({
        DBInstances: [this.known(DBInstanceIdentifier).described()],
      }),
    ),
    StartDBInstance: operation(
      ({ DBInstanceIdentifier }: StartDBInstanceCommandInput) => [
        { action: 'rds:StartDBInstance', resources: [this.known(DBInstanceIdentifier).arn] },
      ],
      ({ DBInstanceIdentifier }, by): Output<StartDBInstanceCommandOutput> => {
        const database = this.known(DBInstanceIdentifier);
        database.startFor(by);
        return { DBInstance: database.described() };
      },
    ),
    StopDBInstance: operation(
      ({ DBInstanceIdentifier }: StopDBInstanceCommandInput) => [
        { action: 'rds:StopDBInstance', resources: [this.known(DBInstanceIdentifier).arn] },
      ],
      ({ DBInstanceIdentifier }, by): Output<StopDBInstanceCommandOutput> => {
        const database = this.known(DBInstanceIdentifier);
        database.stopFor(by);
        return { DBInstance: database.described() };
      },
    ),
  };

  databaseOf(site: Site): Database {
    return this.databases.get(site) as Database;
  }

  private known(identifier: string | undefined): Database {
    const all = [...this.databases.values()];
    const database = all.find((one) => one.identifier === identifier);
    if (!database) {
      throw new AwsError('DBInstanceNotFoundFault', `DBInstance ${identifier} not found.`);
    }
    return database;
  }
}
