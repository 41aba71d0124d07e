import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outboxRow } from '../../../functions/shared/alerts.ts';
import type { OutboxRow } from '../../../functions/shared/operations-table.ts';
import { publication } from '../../../functions/shared/publication.ts';
import { at } from '../support/time.ts';

interface Said {
  readonly event: string;
  readonly body: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

const rowOf = ({
  event = 'DOWN: node a',
  body = ['Node a  hangs'],
  details = {},
}: Partial<Said>) => {
  const alert = {
    kind: 'OPENED',
    severity: 'high' as const,
    event,
    advice: 'use https://b.example',
    body,
    key: 'inc-1#OPENED',
    details,
  };
  const write = outboxRow('clinic', alert, at('07:15'));
  return ('put' in write ? write.value : {}) as OutboxRow;
};

/** What SNS gets for each protocol. */
function sent(row: OutboxRow) {
  const { input } = publication('topic', { key: 'OUTBOX#inc-1#OPENED', version: 1, value: row });
  const message = JSON.parse(input.Message ?? '') as Record<'default' | 'email' | 'https', string>;
  return {
    bytes: Buffer.byteLength(input.Message ?? ''),
    mail: message.email,
    data: JSON.parse(message.default),
    chat: JSON.parse(message.https),
  };
}

describe('what goes to SNS', () => {
  it('is the text for mail and the data for machines', () => {
    const row = rowOf({ details: { incidents: ['inc-1'] } });

    const { data, mail } = sent(row);

    expect(mail).toBe('DOWN: node a - use https://b.example\n\nNode a  hangs');
    expect(data).toEqual(row.data);
  });

  it('is a custom notification for a chat, in the thread of the incident', () => {
    const { chat } = sent(rowOf({ details: { incidents: ['inc-1'], next: 'Look at node a.' } }));

    expect(chat).toEqual({
      version: '1.0',
      source: 'custom',
      id: 'inc-1#OPENED',
      content: {
        textType: 'client-markdown',
        title: '[clinic] DOWN: node a - use https://b.example',
        description: 'Node a  hangs',
        nextSteps: ['Look at node a.'],
        keywords: ['OPENED', 'high', 'clinic'],
      },
      metadata: { threadId: 'inc-1', eventType: 'OPENED' },
    });
  });

  it('says the headline in a chat when there is no more to say', () => {
    const { chat } = sent(rowOf({ body: [] }));

    expect(chat.content.description).toBe('DOWN: node a - use https://b.example');
    expect(chat.metadata.threadId).toBe('inc-1#OPENED');
  });

  it('leaves no link or mention of Slack in what others have said', () => {
    const { chat, mail } = sent(rowOf({ body: ['<!channel> & <https://evil.example|here>'] }));

    expect(chat.content.description).toBe(
      '&lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;',
    );
    expect(mail).toContain('<!channel>');
  });

  it('is composed from the text of a row that an earlier version has committed', () => {
    const { data: _none, ...row } = rowOf({ body: ['Node a  hangs'] });

    const { chat, data, mail } = sent(row);

    expect(mail).toBe(row.text);
    expect(data).toEqual(rowOf({}).data);
    expect(chat.content.description).toBe('Node a  hangs');
  });

  it('is short enough for SNS and for Slack, whatever the alert says', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4000 });
    const long = fc.integer({ min: 1, max: 300_000 }).map((length) => '"'.repeat(length));
    fc.assert(
      fc.property(text, fc.oneof(text, long), (said, more) => {
        const { bytes, chat } = sent(rowOf({ event: said, body: [said], details: { more } }));

        expect(bytes).toBeLessThanOrEqual(256 * 1024);
        expect(chat.content.title.length).toBeLessThanOrEqual(250);
        expect(chat.content.description.length).toBeLessThanOrEqual(3000);
        expect(chat.content.description.length).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });

  it('goes out without its details when these are too long', () => {
    const { data } = sent(rowOf({ details: { more: 'x'.repeat(300_000) } }));

    expect(data).toEqual(rowOf({}).data);
  });
});
