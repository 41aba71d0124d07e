import type {
  AttributeValue,
  QueryCommandInput,
  TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { itemOf } from '../../../functions/shared/operations-table.ts';
import { awsError, type Service, service } from './clients.ts';

type Item = Record<string, AttributeValue>;

export const TABLE = 'operations';

/** A table in memory, with what a test may look at or do behind the functions' backs. */
export interface MemoryTable extends Service {
  /** The content of one item; undefined if there is none. */
  readonly value: (key: string) => unknown;
  readonly version: (key: string) => number | undefined;
  /** What somebody else writes. */
  readonly write: (key: string, value: object) => void;
  readonly keys: () => string[];
  /** The keys of each transaction that was committed, as `put LEASE` or `remove OUTBOX#…`. */
  readonly transactions: readonly string[][];
}

/**
 * DynamoDB with the one query and the two write conditions of our concurrency story. Any other
 * is refused, as is a query that is not consistent.
 */
export function memoryTable(values: Readonly<Record<string, object>> = {}, pageSize = 100) {
  const items = new Map<string, Item>();
  const transactions: string[][] = [];
  const stored = (key: string) => {
    const item = items.get(key);
    return item && unmarshall(item);
  };
  const write = (key: string, value: object): void => {
    const version = (stored(key)?.version ?? 0) + 1;
    items.set(key, itemOf(key, version, value));
  };
  for (const [key, value] of Object.entries(values)) write(key, value);

  const fake = service({
    Query: (input: QueryCommandInput) => {
      const partition = unmarshall(input.ExpressionAttributeValues ?? {});
      if (input.TableName !== TABLE || !input.ConsistentRead) {
        throw awsError('ValidationException', 'not a consistent query of the table');
      }
      if (input.KeyConditionExpression !== 'pk = :site' || partition[':site'] !== 'SITE') {
        throw awsError('ValidationException', 'not a query of the whole partition');
      }
      const keys = [...items.keys()].sort();
      const after = input.ExclusiveStartKey && unmarshall(input.ExclusiveStartKey).sk;
      const first = after === undefined ? 0 : keys.indexOf(after) + 1;
      const page = keys.slice(first, first + pageSize);
      const more = first + pageSize < keys.length;
      return {
        Items: page.map((key) => items.get(key)),
        ...(more && { LastEvaluatedKey: marshall({ pk: 'SITE', sk: page.at(-1) }) }),
      };
    },
    TransactWriteItems: ({ TransactItems = [] }: TransactWriteItemsCommandInput) => {
      const writes = TransactItems.map(({ Put, Delete }) => {
        const request = Put ?? Delete;
        if (request?.TableName !== TABLE) throw awsError('ResourceNotFoundException', 'no table');
        const key = String(unmarshall(Put?.Item ?? Delete?.Key ?? {}).sk);
        return { key, item: Put?.Item, holds: holds(request, stored(key)?.version) };
      });
      if (new Set(writes.map(({ key }) => key)).size < Math.max(writes.length, 1)) {
        throw awsError('ValidationException', 'no item, or one item twice');
      }
      if (!writes.every((one) => one.holds)) {
        throw cancelled(...writes.map((one) => (one.holds ? 'None' : 'ConditionalCheckFailed')));
      }
      for (const { key, item } of writes) {
        if (item) items.set(key, item);
        else items.delete(key);
      }
      transactions.push(writes.map(({ key, item }) => `${item ? 'put' : 'remove'} ${key}`));
      return {};
    },
  });
  return {
    ...fake,
    value: (key: string) => stored(key)?.value,
    version: (key: string) => stored(key)?.version,
    write,
    keys: () => [...items.keys()].sort(),
    transactions,
  } satisfies MemoryTable;
}

/** A transaction that DynamoDB has cancelled, with its reason for each item. */
export const cancelled = (...codes: readonly string[]): Error =>
  Object.assign(awsError('TransactionCanceledException', 'Transaction cancelled'), {
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

interface Condition {
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

function holds(request: Condition, version: number | undefined): boolean {
  if (request.ConditionExpression === 'attribute_not_exists(pk)') return version === undefined;
  if (request.ConditionExpression !== 'version = :version') {
    throw awsError('ValidationException', `${request.ConditionExpression} is not ours`);
  }
  return unmarshall(request.ExpressionAttributeValues ?? {})[':version'] === version;
}
