import { type DBInstance, DescribeDBInstancesCommand, type RDSClient } from '@aws-sdk/client-rds';

/** RDS's own word for the status of the database, or `missing`. */
export const readDatabase = async (
  rds: Pick<RDSClient, 'send'>,
  identifier: string,
): Promise<string> => (await describeDatabase(rds, identifier))?.DBInstanceStatus ?? 'missing';

/** The database as RDS describes it; undefined if there is none of that name. */
export async function describeDatabase(
  rds: Pick<RDSClient, 'send'>,
  identifier: string,
): Promise<DBInstance | undefined> {
  try {
    const found = await rds.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }),
    );
    return found.DBInstances?.[0];
  } catch (error) {
    // The SDK names it after its class, `DBInstanceNotFoundFault`, whatever the wire says.
    if (error instanceof Error && error.name === 'DBInstanceNotFoundFault') return undefined;
    throw error;
  }
}
