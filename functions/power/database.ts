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
    // The SDK names it after its class, `DBInstanceNotFoundFault`, whatever the wire says.
    if (error instanceof Error && error.name === 'DBInstanceNotFoundFault') return 'missing';
    throw error;
  }
}
