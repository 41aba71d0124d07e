import {
  type GetItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { HealthOutside } from '../../../cli/health/outside.ts';
import type { Incident } from '../../../functions/shared/incident.ts';
import { awsError, type Service, service } from './clients.ts';
import { memoryTable, TABLE } from './table.ts';
import { at } from './time.ts';

/** The account of the clinic, as `health` and `incidents` find it. */
export interface HealthAccount {
  /** Outputs of its two stacks; null where a stack is not there. */
  readonly site?: Readonly<Record<string, string>> | null;
  readonly operations?: Readonly<Record<string, string>> | null;
  /** What the observer answers, or what it ends with. */
  readonly verdict?: unknown;
  readonly failure?: { readonly errorType: string; readonly errorMessage: string };
  /** Items of the site's partition, by key. */
  readonly items?: Readonly<Record<string, object>>;
  /** Incidents that are over. */
  readonly past?: readonly Incident[];
  /** How many of them one answer of DynamoDB holds at most. */
  readonly pageSize?: number;
  /** What AWS answers to everything instead. */
  readonly refusal?: Error;
}

/** The outside of both commands in memory, with what was printed and invoked. */
export function healthAccount(account: HealthAccount = {}) {
  const { items = {}, refusal } = account;
  const stacks: Readonly<Record<string, HealthAccount['site']>> = {
    clinic: account.site === undefined ? { OperationsTable: TABLE } : account.site,
    'clinic-operations':
      account.operations === undefined ? { Observer: 'clinic-observe' } : account.operations,
  };
  const printed: string[] = [];
  const regions: string[] = [];
  const cloudformation = service({
    DescribeStacks: ({ StackName = '' }: { StackName?: string }) => {
      if (refusal) throw refusal;
      const outputs = stacks[StackName];
      if (!outputs) throw awsError('ValidationError', `Stack with id ${StackName} does not exist`);
      const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({
        OutputKey,
        OutputValue,
      }));
      return { Stacks: [{ StackName, StackId: 'arn', StackStatus: 'UPDATE_COMPLETE', Outputs }] };
    },
  });
  const lambda = service({
    Invoke: () =>
      account.failure
        ? { StatusCode: 200, FunctionError: 'Unhandled', Payload: bytes(account.failure) }
        : { StatusCode: 200, Payload: bytes(account.verdict) },
  });
  const dynamodb = withHistory(memoryTable(items), account);
  const connect = (region: string): HealthOutside => {
    regions.push(region);
    const print = (line: string) => void printed.push(line);
    return { cloudformation, dynamodb, lambda, print, now: () => at('20:00') };
  };
  return { connect, printed, regions, invoked: lambda.calls, asked: dynamodb.calls };
}

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value) ?? '');

/** The table with its second partition, of what is over. */
function withHistory(table: Service, { past = [], pageSize = 100 }: HealthAccount): Service {
  const stored = [...past].sort((one, other) => (one.id < other.id ? 1 : -1));
  const item = (value: Incident) =>
    marshall(
      { pk: 'INCIDENTS', sk: value.id, version: 1, value, expiresAt: 0 },
      { removeUndefinedValues: true },
    );
  return service({
    Query: (input: QueryCommandInput) => {
      const values = unmarshall(input.ExpressionAttributeValues ?? {});
      if (values[':site'] !== undefined) {
        return (table.send as (command: object) => unknown)(new QueryCommand(input));
      }
      if (input.TableName !== TABLE || input.KeyConditionExpression !== 'pk = :history') {
        throw awsError('ValidationException', 'not a query of the history');
      }
      if (values[':history'] !== 'INCIDENTS' || input.ScanIndexForward !== false) {
        throw awsError('ValidationException', 'not the newest first');
      }
      const after = input.ExclusiveStartKey && unmarshall(input.ExclusiveStartKey).sk;
      const first = after === undefined ? 0 : stored.findIndex(({ id }) => id === after) + 1;
      const end = first + Math.min(pageSize, input.Limit ?? pageSize);
      return {
        Items: stored.slice(first, end).map(item),
        ...(end < stored.length && {
          LastEvaluatedKey: marshall({ pk: 'INCIDENTS', sk: stored[end - 1]?.id }),
        }),
      };
    },
    GetItem: ({ TableName, Key = {} }: GetItemCommandInput) => {
      const { pk, sk } = unmarshall(Key);
      const found = stored.find(({ id }) => TableName === TABLE && pk === 'INCIDENTS' && id === sk);
      return found ? { Item: item(found) } : {};
    },
  });
}
