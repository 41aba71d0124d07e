import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Clients } from '../shared/clients.ts';
import { Conflict } from '../shared/errors.ts';
import { type Incident, isOpen } from '../shared/incident.ts';
import { commit, put } from '../shared/operations-table.ts';
import type { Change } from './course.ts';

/**
 * What is set going for programs: one event on the default bus for each incident that begins or ends,
 * and for one that becomes a node's own, which is what can be mended at that node. One that ends because
 * its node is to be stopped has no event: nobody has seen it serve again.
 *
 * @throws Error where EventBridge has not taken one of them; they are not sent again.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export async function emit(
  { eventbridge }: Pick<Clients, 'eventbridge'>,
  site: string,
  changes: readonly Change[],
): Promise<void> {
  const Entries = changes.flatMap((change) => {
    const DetailType = kindOf(change);
    const Detail = JSON.stringify({ site, incident: change.after });
    return DetailType ? [{ Source: 'orthweb', DetailType, Detail }] : [];
  });
  if (Entries.length === 0) return;
  const { FailedEntryCount = 0, Entries: taken = [] } = await eventbridge.send(
    new PutEventsCommand({ Entries }),
  );
  if (FailedEntryCount === 0) return;
  const codes = taken.flatMap(({ ErrorCode }) => ErrorCode ?? []);
  throw new Error(
    `EventBridge has not taken ${FailedEntryCount} of ${Entries.length} events: ${codes.join(', ')}`,
  );
}

function kindOf({ before, after, tells, planned }: Change): string | undefined {
  if (!after || planned) return undefined;
  const what = after.class === 'node' ? 'Node' : 'Site';
  if (tells === 'RECOVERED') return `${what} Recovered`;
  const becomesNode = isOpen(after) && after.class === 'node' && before?.value.class !== 'node';
  return tells === 'OPENED' || becomesNode ? `${what} Unhealthy` : undefined;
}

/** Writes each incident that is over into the bucket of logs, for whoever has to account for it. */
export async function archive(
  { s3 }: Pick<Clients, 's3'>,
  { RECORDS, RECORDS_PREFIX }: { readonly RECORDS: string; readonly RECORDS_PREFIX: string },
  changes: readonly Change[],
): Promise<void> {
  for (const { after, tells } of changes) {
    if (!after || tells !== 'RECOVERED') continue;
    await s3.send(
      new PutObjectCommand({
        Bucket: RECORDS,
        Key: `${RECORDS_PREFIX}${after.id}.json`,
        Body: JSON.stringify(after, null, 2),
        ContentType: 'application/json',
      }),
    );
  }
}

/** Notes when the first message of an incident went out; who changes it first makes that needless. */
export async function noteAlerted(
  table: Parameters<typeof commit>[0],
  changes: readonly Change[],
): Promise<void> {
  const opened = changes.filter(({ tells }) => tells === 'OPENED');
  if (opened.length === 0) return;
  const alertedAt = new Date().toISOString();
  try {
    await commit(
      table,
      opened.map(({ subject, before, after }) =>
        put(
          { key: `INCIDENT#${subject}`, version: (before?.version ?? 0) + 1, value: undefined },
          { ...(after as Incident), alertedAt },
        ),
      ),
    );
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}
