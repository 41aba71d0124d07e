import { DescribeDBInstancesCommand, type RDSClient } from '@aws-sdk/client-rds';

/** RDS's own word for the status of the database, or `missing`. */
export async function readDatabase(
  rds: Pick<RDSClient, 'send'>,
  identifier: string,
): Promise<string> {
  const found = await rds.send(
    new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }),
  );
  return found.DBInstances?.[0]?.DBInstanceStatus ?? 'missing';
}
