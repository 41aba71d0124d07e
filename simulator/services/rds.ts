import type {
  DBInstance,
  DescribeDBInstancesCommandInput,
  DescribeDBInstancesCommandOutput,
  StartDBInstanceCommandInput,
  StartDBInstanceCommandOutput,
  StopDBInstanceCommandInput,
  StopDBInstanceCommandOutput,
} from '@aws-sdk/client-rds';
import { type Invocation, type Operations, operation } from '../api.ts';
import { AwsError } from '../aws-error.ts';
import type { Cancel } from '../clock.ts';
import type { Assembly, ResourceType } from '../template.ts';
import type { World } from '../world.ts';

type Output<T> = Omit<T, '$metadata'>;

export const rdsTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::RDS::DBInstance': {
    reads: ['DBInstanceIdentifier', 'MonitoringRoleArn'],
    ignores: [
      'AllocatedStorage',
      'AutoMinorVersionUpgrade',
      'BackupRetentionPeriod',
      'CACertificateIdentifier',
      'CopyTagsToSnapshot',
      'DBInstanceClass',
      'DBParameterGroupName',
      'DBSubnetGroupName',
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
      'PubliclyAccessible',
      'StorageEncrypted',
      'StorageType',
      'VPCSecurityGroups',
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
};

/** RDS starts a stopped instance by itself after seven days. */
const SELF_START_MS = 7 * 86_400_000;

type Status = 'available' | 'stopping' | 'stopped' | 'starting';

/** RDS: one database that takes minutes to start and to stop. */
export class Rds {
  readonly identifier: string;
  private readonly world: World;
  private readonly arn: string;
  private status: Status = 'available';
  private failures = 0;
  private since: number;
  private selfStart: Cancel | undefined;

  constructor(world: World, assembly: Assembly) {
    const [resource] = assembly.resources('AWS::RDS::DBInstance');
    const names = resource && assembly.names(resource);
    this.world = world;
    this.identifier = names?.ref ?? '';
    this.arn = names?.attributes?.DBInstanceArn ?? '';
    this.since = world.clock.now;
  }

  readonly operations: Operations = {
    DescribeDBInstances: operation(
      ({ DBInstanceIdentifier }: DescribeDBInstancesCommandInput) => [
        { action: 'rds:DescribeDBInstances', resources: [this.known(DBInstanceIdentifier)] },
      ],
      (): Output<DescribeDBInstancesCommandOutput> => ({ DBInstances: [this.described()] }),
    ),
    StartDBInstance: operation(
      ({ DBInstanceIdentifier }: StartDBInstanceCommandInput) => [
        { action: 'rds:StartDBInstance', resources: [this.known(DBInstanceIdentifier)] },
      ],
      (_input, by): Output<StartDBInstanceCommandOutput> => {
        this.disrupts('rds:StartDBInstance', 'running', by);
        this.require('stopped');
        this.say('rds:StartDBInstance', by);
        this.start();
        return { DBInstance: this.described() };
      },
    ),
    StopDBInstance: operation(
      ({ DBInstanceIdentifier }: StopDBInstanceCommandInput) => [
        { action: 'rds:StopDBInstance', resources: [this.known(DBInstanceIdentifier)] },
      ],
      (_input, by): Output<StopDBInstanceCommandOutput> => {
        this.disrupts('rds:StopDBInstance', 'stopped', by);
        this.require('available');
        this.say('rds:StopDBInstance', by);
        this.stop();
        return { DBInstance: this.described() };
      },
    ),
  };

  /** It answers clients: more than its status says. */
  get available(): boolean {
    return this.status === 'available' && this.failures === 0;
  }

  /** It answers nobody from now on (1), or does again for one of the reasons (-1). */
  fail(more: 1 | -1): void {
    this.world.noteServing();
    this.failures += more;
  }

  get stopped(): boolean {
    return this.status === 'stopped';
  }

  private described(): DBInstance {
    return {
      DBInstanceIdentifier: this.identifier,
      DBInstanceArn: this.arn,
      DBInstanceStatus: this.status,
      Engine: 'postgres',
    };
  }

  /** Somebody stops it in the console: no call of ours, and no plan. */
  stopByHand(): void {
    this.world.trace.add('world', 'database', 'stopping', 'a person stops it in the console');
    this.stop();
  }

  private stop(): void {
    const { clock, trace } = this.world;
    this.become('stopping');
    clock.after(this.world.chance('rds stop').between(120_000, 330_000), () => {
      this.become('stopped');
      this.selfStart = clock.after(SELF_START_MS, () => {
        trace.add('world', 'database', 'starting', 'AWS starts it after seven days');
        this.start();
      });
    });
  }

  private start(): void {
    const { clock, faults } = this.world;
    this.selfStart?.();
    this.become('starting');
    const usual = this.world.chance('rds start').between(180_000, 330_000);
    clock.after(faults.databaseStart() ?? usual, () => this.become('available'));
  }

  private become(status: Status): void {
    const { clock, trace } = this.world;
    const seconds = Math.round((clock.now - this.since) / 1000);
    if (status === 'available' || status === 'stopped') {
      trace.add('world', 'database', status, `after ${seconds} s ${this.status}`);
    }
    this.world.noteServing();
    this.status = status;
    this.since = clock.now;
  }

  private known(identifier: string | undefined): string {
    if (identifier !== this.identifier) {
      throw new AwsError('DBInstanceNotFoundFault', `DBInstance ${identifier} not found.`);
    }
    return this.arn;
  }

  private require(status: Status): void {
    if (this.status !== status) {
      throw new AwsError('InvalidDBInstanceStateFault', `Instance is not in ${status} state.`);
    }
  }

  private disrupts(call: string, towards: 'running' | 'stopped', by: Invocation): void {
    this.world.judge.disruptive({ call, towards, resource: 'database' }, by);
  }

  private say(call: string, by: Invocation): void {
    this.world.trace.add('call', by.functionName, `${call} database`, this.world.because(by));
  }
}
