import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Clients } from '../shared/clients.ts';
import { Conflict } from '../shared/errors.ts';
import type { Incident } from '../shared/incident.ts';
import { commit, put } from '../shared/operations-table.ts';
import type { Change } from './course.ts';

/** What is set going for programs: one event on the default bus for each change that is told. */
export async function emit(
  { eventbridge }: Pick<Clients, 'eventbridge'>,
  site: string,
  changes: readonly Change[],
): Promise<void> {
  const told = changes.filter(({ tells }) => tells === 'OPENED' || tells === 'RECOVERED');
  if (told.length === 0) return;
  await eventbridge.send(
    new PutEventsCommand({
      Entries: told.map(({ after, tells }) => ({
        Source: 'orthweb',
        DetailType: `${after?.class === 'node' ? 'Node' : 'Site'} ${tells === 'OPENED' ? 'Unhealthy' : 'Recovered'}`,
        Detail: JSON.stringify({ site, incident: after }),
      })),
    }),
  );
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
