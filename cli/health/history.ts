import { type AttributeValue, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Incident } from '../../functions/shared/incident.ts';
import { HISTORY } from '../../functions/shared/operations-table.ts';
import type { HealthOutside } from './outside.ts';

interface Table {
  readonly client: HealthOutside['dynamodb'];
  readonly name: string;
}

/** Incidents that are over, the newest first: their ids begin with when they began. */
export interface Past {
  readonly incidents: readonly Incident[];
  /** There are older ones. */
  readonly more: boolean;
}

/** At most `limit` of them, or all. */
export async function readPast({ client, name }: Table, limit: number): Promise<Past> {
  const incidents: Incident[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await page(from);
    incidents.push(...Items.map((item) => unmarshall(item).value));
    from = LastEvaluatedKey;
  } while (from && incidents.length <= limit);
  return { incidents: incidents.slice(0, limit), more: incidents.length > limit };

  function page(ExclusiveStartKey: typeof from) {
    return client.send(
      new QueryCommand({
        TableName: name,
        KeyConditionExpression: 'pk = :history',
        ExpressionAttributeValues: marshall({ ':history': HISTORY }),
        ScanIndexForward: false,
        ConsistentRead: true,
        ExclusiveStartKey,
        // One more than is shown tells whether there are more.
        ...(Number.isFinite(limit) && { Limit: limit + 1 }),
      }),
    );
  }
}

/** The incident of that id, if it is over and still kept. */
export async function readOnePast(
  { client, name }: Table,
  id: string,
): Promise<Incident | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: name,
      Key: marshall({ pk: HISTORY, sk: id }),
      ConsistentRead: true,
    }),
  );
  return Item && unmarshall(Item).value;
}
