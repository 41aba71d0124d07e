import type { SNSClient } from '@aws-sdk/client-sns';
import { Conflict } from './errors.ts';
import {
  commit,
  type OutboxRow,
  put,
  remove,
  type Stored,
  type Write,
} from './operations-table.ts';
import { publication } from './publication.ts';

export type Severity = 'info' | 'warning' | 'high' | 'critical';

/** A message to the operator, as text: no patient's name, no study id, no secret. */
export interface Alert {
  readonly kind: string;
  readonly severity: Severity;
  /** What happened, for a phone's lock screen; the part before a colon can stand alone. */
  readonly event: string;
  /** What to do right now: the address that works, or that none does. */
  readonly advice: string;
  readonly body: readonly string[];
  /** Deterministic: the same transition always makes the same key. */
  readonly key: string;
  /** What a machine can use beyond the fields that every alert has; JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * SNS takes a subject of less than 100 ASCII characters.
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
const SUBJECT_LIMIT = 99;

export const headlineOf = ({ event, advice }: Alert): string => `${event} - ${advice}`;

/** The row that carries an alert from the transaction of its transition to its publication. */
export function outboxRow(site: string, alert: Alert, now: Date): Write {
  const { kind, severity } = alert;
  const row: OutboxRow = {
    subject: subjectOf(site, alert),
    text: [headlineOf(alert), '', ...alert.body].join('\n'),
    attributes: { site, kind, severity },
    data: {
      ...alert.details,
      schema: 'orthweb.alert/1',
      dedupKey: alert.key,
      kind,
      severity,
      site,
      headline: headlineOf(alert),
    },
    committedAt: now.toISOString(),
  };
  return put(`OUTBOX#${alert.key}`, row);
}

/**
 * Where the room is short, the details of the event go first, then the words around the address, then
 * the name of the site: never a part of the address, which is of one site only.
 */
function subjectOf(site: string, alert: Alert): string {
  const brief = { ...alert, event: alert.event.split(':')[0] ?? '' };
  const bare = { ...brief, advice: brief.advice.replace('use https://', '') };
  const named = [alert, brief, bare].map((one) => `[${site}] ${headlineOf(one)}`);
  const subjects = [...named, headlineOf(bare)].map(ascii);
  return (
    subjects.find(({ length }) => length <= SUBJECT_LIMIT) ??
    (subjects.at(-1) ?? '').slice(0, SUBJECT_LIMIT)
  );
}

/**
 * Publishes committed alerts and removes their rows; returns what could not be published, and why.
 *
 * A row whose publisher died between the two goes out again, with the same text: delivery is at
 * least once, and the transition that wrote the row happened exactly once. A row that SNS refuses
 * stays, and the site tick tries again each minute.
 */
export async function publish(
  sns: Pick<SNSClient, 'send'>,
  table: Parameters<typeof commit>[0],
  topicArn: string,
  rows: readonly Stored<OutboxRow>[],
): Promise<string[]> {
  const failures: string[] = [];
  for (const row of rows) {
    try {
      await sns.send(publication(topicArn, row));
      await commit(table, [remove(row)]);
    } catch (error) {
      // A conflict is somebody else who has published the row at the same moment: it is out twice.
      if (!(error instanceof Conflict)) failures.push(`${row.value.subject}: ${error}`);
    }
  }
  return failures;
}

/** SNS refuses a subject with other characters; the text keeps them. */
const ascii = (text: string): string => text.replace(/[–—]/g, '-').replace(/[^\x20-\x7e]/g, '?');
