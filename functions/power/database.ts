import { DescribeDBInstancesCommand, type RDSClient } from '@aws-sdk/client-rds';

/** RDS's own word for the status of the database, or `missing`. */
export async function readDatabase(
  rds: Pick<RDSClient, 'send'>,
  identifier: string,
): Promise<string> {
  try {
    const found = await rds.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }),
    );
    return found.DBInstances?.[0]?.DBInstanceStatus ?? 'missing';
  } catch (error) {
    // The fault is called so in the SDK's model and without its ending on the wire.
    if (error instanceof Error && error.name.startsWith('DBInstanceNotFound')) return 'missing';
    throw error;
  }
}
