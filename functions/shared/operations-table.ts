import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { Conflict } from './errors.ts';
import { type Incident, SUBJECTS, type Subject } from './incident.ts';

/**
 * The site's whole operational state lives in one partition, so that one consistent Query reads
 * all that a decision needs (docs/decisions/0003).
 */
const PARTITION = 'SITE';

/** Incidents that are over, which no decision reads; each expires by itself. */
export const HISTORY = 'INCIDENTS';

/** One item: its sort key, its version (0 for one that is not stored yet), its content. */
export interface Stored<T> {
  readonly key: string;
  readonly version: number;
  readonly value: T;
}

export type NodeName = 'a' | 'b';
export type ResourceName = NodeName | 'database';
export type PowerState = 'running' | 'stopped';

export const NODES: readonly NodeName[] = ['a', 'b'];
export const peerOf = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');
export const RESOURCES: readonly ResourceName[] = ['a', 'b', 'database'];

/** The recorded wish for a node or the database, written before the call that makes it true. */
export interface Intent {
  readonly wish: PowerState;
  /** Why, word for word as the decision gave it. */
  readonly reason: string;
  /** The instant that was planned for the change, ISO 8601 in UTC. */
  readonly plannedFor: string;
  /** The execution that wrote it. */
  readonly run: string;
  /** When the wish was seen fulfilled; absent while it is not. */
  readonly reachedAt?: string;
}

/** The site-wide right to make disruptive calls. Without an `owner` it is free. */
export interface Lease {
  readonly owner?: string;
  /** The workflow that holds it, or held it last. */
  readonly purpose?: string;
  /** Grows with each holder, so that a holder of old can be told from the one of now. */
  readonly fence: number;
  readonly takenAt?: string;
  readonly releasedAt?: string;
}

/** A person's temporary change to the schedule, always with an end. */
export interface Override {
  readonly wish: PowerState;
  readonly from: string;
  readonly until: string;
  readonly by: string;
  readonly reason: string;
}

/** The planned instant for which the operator has been told that it is late. */
export interface LateNotice {
  readonly plannedFor: string;
  readonly toldAt: string;
}

/** What is known of a node's certificate, and what is being done about it. */
export interface CertificateRecord {
  /** The run that is at it, written before its first call on the host; absent at rest. */
  readonly run?: string;
  /** When a run last looked at the node, ISO 8601. */
  readonly checkedAt?: string;
  /** The pair that was live on it when that was last seen. */
  readonly served?: {
    readonly fingerprint: string;
    readonly notAfter: string;
    readonly names: readonly string[];
  };
  readonly renewedAt?: string;
  /** What was last issued for it, and the number of the authority that signed it. */
  readonly issued?: { readonly fingerprint: string; readonly authority: number };
  /** Since when the host publishes each authority, by its number. */
  readonly published: Readonly<Record<string, string>>;
  /** A start of the node waits for a certificate. */
  readonly wanted?: { readonly since: string; readonly reason: string };
  /** A renewal that is due does not come about. */
  readonly failing?: {
    readonly since: string;
    readonly attempts: number;
    /** Not tried again before this. */
    readonly notBefore: string;
    readonly reason: string;
    /** When the operator was told. */
    readonly toldAt?: string;
  };
}

/** A renewal has failed, and the pause after it is not over. */
export const isResting = (record: CertificateRecord | undefined, now: Date): boolean =>
  record?.failing !== undefined && new Date(record.failing.notBefore) > now;

/** An alert for machines, the same in all channels: fields are added, none changes its meaning. */
export interface AlertData {
  readonly schema: 'orthweb.alert/1';
  /** The same for every delivery of the same transition. */
  readonly dedupKey: string;
  readonly kind: string;
  readonly severity: string;
  readonly site: string;
  readonly headline: string;
  /** The ids of the incidents that it tells of, the gravest first; absent where there is none. */
  readonly incidents?: readonly string[];
  readonly [detail: string]: unknown;
}

/** An alert that is committed but perhaps not yet published. */
export interface OutboxRow {
  readonly subject: string;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The same for programs, by the schema `orthweb.alert/1`; absent in rows of earlier deployments. */
  readonly data?: AlertData;
  readonly committedAt: string;
}

export interface SiteState {
  readonly intents: Readonly<Record<ResourceName, Stored<Intent> | undefined>>;
  readonly lease: Stored<Lease>;
  readonly override: Stored<Override> | undefined;
  readonly late: Stored<LateNotice | undefined>;
  readonly certificates: Readonly<Record<NodeName, Stored<CertificateRecord> | undefined>>;
  /** Suspicions, open incidents, and those closed a short while ago. */
  readonly incidents: Readonly<Partial<Record<Subject, Stored<Incident>>>>;
  readonly outbox: readonly Stored<OutboxRow>[];
}

type Table = { readonly client: Pick<DynamoDBClient, 'send'>; readonly name: string };

/** Reads everything in one consistent Query; what is not stored yet has version 0. */
export async function readSite(table: Table): Promise<SiteState> {
  const items = new Map<string, Stored<unknown>>();
  let from: Record<string, never> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'pk = :site',
        ExpressionAttributeValues: marshall({ ':site': PARTITION }),
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
    );
    for (const item of page.Items ?? []) {
      const { sk, version, value } = unmarshall(item);
      items.set(sk, { key: sk, version, value });
    }
    from = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (from);
  const one = <T>(key: string) => items.get(key) as Stored<T> | undefined;
  return {
    intents: {
      a: one<Intent>('INTENT#a'),
      b: one<Intent>('INTENT#b'),
      database: one<Intent>('INTENT#database'),
    },
    lease: one<Lease>('LEASE') ?? { key: 'LEASE', version: 0, value: { fence: 0 } },
    override: one<Override>('OVERRIDE'),
    late: one<LateNotice>('LATE') ?? { key: 'LATE', version: 0, value: undefined },
    certificates: {
      a: one<CertificateRecord>('CERTIFICATE#a'),
      b: one<CertificateRecord>('CERTIFICATE#b'),
    },
    incidents: Object.fromEntries(
      SUBJECTS.flatMap((subject) => {
        const stored = one<Incident>(`INCIDENT#${subject}`);
        return stored ? [[subject, stored]] : [];
      }),
    ),
    outbox: [...items.values()].filter((item) =>
      item.key.startsWith('OUTBOX#'),
    ) as Stored<OutboxRow>[],
  };
}

export type Write =
  | {
      readonly put: string;
      readonly version: number;
      readonly value: object;
      /** Set for what nobody decides by any more: kept apart, until this instant (epoch seconds). */
      readonly expiresAt?: number;
    }
  | { readonly remove: string; readonly version: number };

/** The new value of something that was read before, or of something not stored yet. */
export const put = <T extends object>(read: Stored<unknown> | string, value: T): Write =>
  typeof read === 'string'
    ? { put: read, version: 0, value }
    : { put: read.key, version: read.version, value };

export const remove = (read: Stored<unknown>): Write => ({
  remove: read.key,
  version: read.version,
});

/** An incident that is over, to be read by people for as long as `until`. */
export const archived = (incident: Incident, until: Date): Write => ({
  ...put(incident.id, incident),
  expiresAt: Math.floor(until.getTime() / 1000),
});

/** What every call of a holder is told from those of an earlier one by. */
export const fenceFor = (execution: string, { owner, fence }: Lease): number =>
  owner === execution ? fence : fence + 1;

/** The lease taken, or kept, by an execution of the workflow that `purpose` names. */
export const taken = (
  lease: Stored<Lease>,
  { execution, purpose }: { readonly execution: string; readonly purpose: string },
  now: Date,
): Write =>
  put(lease, {
    owner: execution,
    purpose,
    fence: fenceFor(execution, lease.value),
    takenAt: now.toISOString(),
  });

/** The lease given back; its fence stays, so that the next holder gets a higher one. */
export const released = (lease: Stored<Lease>, now: Date): Write =>
  put(lease, {
    fence: lease.value.fence,
    releasedAt: now.toISOString(),
    ...(lease.value.purpose !== undefined && { purpose: lease.value.purpose }),
  });

/**
 * Writes all or nothing, each item only if it is still at the version that was read.
 *
 * Throws `Conflict` when somebody else was faster: read again and decide again. A transaction
 * that DynamoDB cancels because another one is under way on the same item is the same case.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export async function commit(table: Table, writes: readonly Write[]): Promise<void> {
  try {
    await table.client.send(
      new TransactWriteItemsCommand({
        TransactItems: writes.map((write) => transactItem(table.name, write)),
      }),
    );
  } catch (error) {
    if (isConflict(error)) {
      const keys = writes.map((write) => ('put' in write ? write.put : write.remove));
      throw new Conflict(`${keys.join(', ')} changed since it was read`, { cause: error });
    }
    throw error;
  }
}

const CONFLICTS = new Set(['ConditionalCheckFailed', 'TransactionConflict']);

/** Cancelled because of another writer, and not because DynamoDB is throttled or we are wrong. */
function isConflict(error: unknown): boolean {
  const { name, CancellationReasons = [] } = error as TransactionCanceledException;
  return (
    name === 'TransactionCanceledException' &&
    CancellationReasons.some(({ Code }) => CONFLICTS.has(Code ?? ''))
  );
}

function transactItem(table: string, write: Write): TransactWriteItem {
  const condition =
    write.version === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'version = :version',
          ExpressionAttributeValues: marshall({ ':version': write.version }),
        };
  if ('remove' in write) {
    return {
      Delete: {
        TableName: table,
        Key: marshall({ pk: PARTITION, sk: write.remove }),
        ...condition,
      },
    };
  }
  return {
    Put: {
      TableName: table,
      Item:
        write.expiresAt === undefined
          ? itemOf(write.put, write.version + 1, write.value)
          : historyOf(write.put, write.value, write.expiresAt),
      ...condition,
    },
  };
}

/** An item as DynamoDB holds it: also what a person writes to the table by hand. */
export const itemOf = (
  key: string,
  version: number,
  value: object,
): Record<string, AttributeValue> =>
  marshall({ pk: PARTITION, sk: key, version, value }, { removeUndefinedValues: true });

const historyOf = (key: string, value: object, expiresAt: number): Record<string, AttributeValue> =>
  marshall({ pk: HISTORY, sk: key, version: 1, value, expiresAt }, { removeUndefinedValues: true });
