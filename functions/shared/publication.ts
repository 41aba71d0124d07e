import { PublishCommand } from '@aws-sdk/client-sns';
import type { AlertData, OutboxRow, Stored } from './operations-table.ts';

/**
 * SNS takes 256 KB for all protocols together, counted in bytes of UTF-8. What is kept free is for
 * the attributes and for the second quoting of what is JSON within JSON.
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
const MESSAGE_LIMIT = 240 * 1024;

/** Slack shows no more of a title, and no more than 3000 characters of a text, in one block. */
const TITLE_LIMIT = 250;
const DESCRIPTION_LIMIT = 2900;

/**
 * A committed alert as SNS takes it: the text for people who read mail, the data for machines, and
 * the form that Amazon Q Developer shows in a chat. It is subscribed by HTTPS, and forwards nothing
 * that has another form.
 */
export const publication = (TopicArn: string, { key, value }: Stored<OutboxRow>): PublishCommand =>
  new PublishCommand({
    TopicArn,
    Subject: value.subject,
    MessageStructure: 'json',
    Message: messageOf(value, dataOf(key, value)),
    MessageAttributes: Object.fromEntries(
      Object.entries(value.attributes).map(([name, text]) => [
        name,
        { DataType: 'String', StringValue: text },
      ]),
    ),
  });

/** An alert that is too long for SNS goes out without its details: it must reach somebody. */
function messageOf({ text }: OutboxRow, data: AlertData): string {
  const { schema, dedupKey, kind, severity, site, headline } = data;
  const together = (all: AlertData) =>
    JSON.stringify({
      default: JSON.stringify(all),
      email: text,
      https: JSON.stringify(chat(text, all)),
    });
  const whole = together(data);
  return Buffer.byteLength(whole) <= MESSAGE_LIMIT
    ? whole
    : together({ schema, dedupKey, kind, severity, site, headline });
}

/** The data of a row; one that was committed by a version without any has what its text says. */
function dataOf(key: string, { attributes, data, text }: OutboxRow): AlertData {
  const { kind = '', severity = '', site = '' } = attributes;
  const [headline = ''] = text.split('\n');
  const dedupKey = key.replace(/^OUTBOX#/, '');
  return data ?? { schema: 'orthweb.alert/1', dedupKey, kind, severity, site, headline };
}

/**
 * A custom notification of Amazon Q Developer in chat applications. What belongs to one incident
 * stands in one thread, where the channel's preferences allow threads.
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
function chat(text: string, data: AlertData) {
  const { dedupKey, headline, incidents = [], kind, next, severity, site } = data;
  const [first, ...body] = text.split('\n');
  return {
    version: '1.0',
    source: 'custom',
    id: dedupKey,
    content: {
      textType: 'client-markdown',
      title: shortened(`[${site}] ${headline}`, TITLE_LIMIT),
      description: shortened(body.join('\n').trim() || first || headline, DESCRIPTION_LIMIT),
      ...(typeof next === 'string' && { nextSteps: [shortened(next, TITLE_LIMIT)] }),
      keywords: [kind, severity, site].filter(Boolean),
    },
    metadata: { threadId: incidents[0] ?? dedupKey, eventType: kind },
  };
}

/** What Slack would take for a link or a mention is written as it takes it for text. */
function shortened(text: string, limit: number): string {
  const whole = plain(text);
  if (whole.length <= limit) return whole;
  let end = limit - 3;
  while (plain(text.slice(0, end)).length > limit - 3) end--;
  return `${plain(text.slice(0, end).toWellFormed())}...`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const plain = (text: string): string => text.replace(/[&<>]/g, (one) => ENTITIES[one] ?? one);
