import type {
  AttributeValue,
  QueryCommandInput,
  QueryCommandOutput,
  TransactWriteItemsCommandInput,
  TransactWriteItemsCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Operations, operation } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import type { Site } from '../site.ts';
import type { ResourceType } from '../template.ts';
import type { World } from '../world.ts';

type Item = Record<string, AttributeValue>;
type Output<T> = Omit<T, '$metadata'>;

export const dynamodbTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::Table': {
    reads: ['KeySchema', 'AttributeDefinitions', 'TableName'],
    ignores: [
      'BillingMode',
      'DeletionProtectionEnabled',
      'PointInTimeRecoverySpecification',
      'SSESpecification',
      'TimeToLiveSpecification',
    ],
    names: (resource) => {
      const name = String(resource.optional('TableName') ?? resource.generatedName());
      return { ref: name, attributes: { Arn: resource.arn('dynamodb', `table/${name}`) } };
    },
  },
};

interface Table {
  readonly site: Site;
  readonly arn: string;
  readonly items: Map<string, Item>;
}

/**
 * Tables with linearizable writes and consistent reads, in the two operations that we use.
 *
 * Only the write conditions of docs/architecture.md are known; another one is an error.
 */
export class DynamoDb {
  readonly tables = new Map<string, Table>();
  private readonly readings = new WeakMap<Item, Record<string, unknown>>();

  constructor(world: World) {
    for (const site of world.sites) {
      for (const resource of site.assembly.resources('AWS::DynamoDB::Table')) {
        const { ref, attributes } = site.assembly.names(resource);
        this.tables.set(ref, { site, arn: String(attributes?.Arn), items: new Map() });
      }
    }
  }

  readonly operations: Operations = {
    Query: operation(
      ({ TableName }: QueryCommandInput) => [
        { action: 'dynamodb:Query', resources: [this.table(TableName).arn] },
      ],
      (input): Output<QueryCommandOutput> => this.query(input),
    ),
    TransactWriteItems: operation(
      ({ TransactItems = [] }: TransactWriteItemsCommandInput) =>
        TransactItems.map((item) => ({
          action: item.Put ? 'dynamodb:PutItem' : 'dynamodb:DeleteItem',
          resources: [this.table((item.Put ?? item.Delete)?.TableName).arn],
        })),
      (input) => this.transact(input),
    ),
  };

  /** What the first table of a site really holds, by sort key. */
  truth(of: Site): ReadonlyMap<string, Record<string, unknown>> {
    const table = [...this.tables.values()].find(({ site }) => site === of);
    return new Map(
      [...(table?.items.values() ?? [])].map((item) => {
        const { sk, value } = this.read(item);
        return [sk, value];
      }),
    );
  }

  /** Puts an item into the first table of a site, before anything is played. */
  write(of: Site, item: Item): void {
    const table = [...this.tables.values()].find(({ site }) => site === of);
    table?.items.set(keyOf(item), item);
  }

  /** An item is never changed, only replaced: the judge reads each many times. */
  private read(item: Item): ReturnType<typeof unmarshall> {
    const read = this.readings.get(item) ?? unmarshall(item);
    this.readings.set(item, read);
    return read;
  }

  private table(name: string | undefined) {
    const table = this.tables.get(name ?? '');
    if (!table)
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: ${name}`);
    return table;
  }

  private query(input: QueryCommandInput): Output<QueryCommandOutput> {
    const match = /^pk = (:\w+)$/.exec(input.KeyConditionExpression ?? '');
    if (!match?.[1] || !input.ConsistentRead) {
      throw new NotModelled(`dynamodb:Query other than a consistent "pk = :value" is not modelled`);
    }
    const wanted = JSON.stringify(input.ExpressionAttributeValues?.[match[1]]);
    const items = [...this.table(input.TableName).items.entries()]
      .filter(([, item]) => JSON.stringify(item.pk) === wanted)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, item]) => item);
    return { Items: items, Count: items.length, ScannedCount: items.length };
  }

  private transact(input: TransactWriteItemsCommandInput): Output<TransactWriteItemsCommandOutput> {
    const writes = (input.TransactItems ?? []).map((write) => {
      const request = write.Put ?? write.Delete;
      if (!request) throw new NotModelled('dynamodb: only Put and Delete are modelled');
      const key = write.Put ? keyOf(write.Put.Item ?? {}) : keyOf(write.Delete?.Key ?? {});
      const { items, site } = this.table(request.TableName);
      return { site, items, key, put: write.Put?.Item, ok: holds(request, items.get(key)) };
    });
    if (new Set(writes.map(({ key }) => key)).size < writes.length) {
      throw new AwsError(
        'ValidationException',
        'Transaction request cannot include multiple operations on one item',
      );
    }
    if (writes.some(({ ok }) => !ok)) {
      const reasons = writes.map(({ ok }) => (ok ? 'None' : 'ConditionalCheckFailed'));
      const cancelled = new AwsError(
        'TransactionCanceledException',
        `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.join(', ')}]`,
      );
      throw Object.assign(cancelled, { CancellationReasons: reasons.map((Code) => ({ Code })) });
    }
    for (const { site, items, key, put } of writes) {
      if (!put) {
        items.delete(key);
        continue;
      }
      items.set(key, put);
      const { sk, value } = unmarshall(put);
      site.judge.wrote(sk, value);
    }
    return {};
  }
}

const keyOf = (item: Item): string => JSON.stringify([item.pk, item.sk]);

function holds(
  request: {
    ConditionExpression?: string | undefined;
    ExpressionAttributeValues?: Item | undefined;
  },
  stored: Item | undefined,
): boolean {
  switch (request.ConditionExpression) {
    case 'attribute_not_exists(pk)':
      return stored === undefined;
    case 'version = :version':
      return stored?.version?.N === request.ExpressionAttributeValues?.[':version']?.N;
    default:
      throw new NotModelled(
        `dynamodb: the condition ${request.ConditionExpression} is not modelled`,
      );
  }
}
