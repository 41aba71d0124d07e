import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { Conflict } from './errors.ts';
import {
  commit,
  type OutboxRow,
  put,
  remove,
  type Stored,
  type Write,
} from './operations-table.ts';

export type Severity = 'info' | 'warning' | 'high' | 'critical';

/** A message to the operator, as text: no patient's name, no study id, no secret. */
export interface Alert {
  readonly kind: string;
  readonly severity: Severity;
  /** Fits a phone's lock screen and names the address that works now, or says that none does. */
  readonly headline: string;
  readonly body: readonly string[];
  /** Deterministic: the same transition always makes the same key. */
  readonly key: string;
}

/** SNS takes up to 100 printable ASCII characters as an e-mail's subject. */
const SUBJECT_LIMIT = 100;

/** The row that carries an alert from the transaction of its transition to its publication. */
export function outboxRow(site: string, alert: Alert, now: Date): Write {
  const subject = ascii(`[${site}] ${alert.headline}`).slice(0, SUBJECT_LIMIT);
  const row: OutboxRow = {
    subject,
    text: [alert.headline, '', ...alert.body].join('\n'),
    attributes: { site, kind: alert.kind, severity: alert.severity },
    committedAt: now.toISOString(),
  };
  return put(`OUTBOX#${alert.key}`, row);
}

/**
 * Publishes committed alerts and removes their rows.
 *
 * A row whose publisher died between the two goes out again, with the same text: delivery is at
 * least once, and the transition that wrote the row happened exactly once.
 */
export async function publish(
  sns: Pick<SNSClient, 'send'>,
  table: Parameters<typeof commit>[0],
  topicArn: string,
  rows: readonly Stored<OutboxRow>[],
): Promise<void> {
  for (const row of rows) {
    const { subject, text, attributes } = row.value;
    await sns.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: text,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [
            name,
            { DataType: 'String', StringValue: value },
          ]),
        ),
      }),
    );
    try {
      await commit(table, [remove(row)]);
    } catch (error) {
      // Somebody else has published the row at the same moment: the alert is out twice.
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

/** SNS refuses a subject with other characters; the text keeps them. */
const ascii = (text: string): string => text.replace(/[–—]/g, '-').replace(/[^\x20-\x7e]/g, '?');
