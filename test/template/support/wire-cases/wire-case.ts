import { expect } from 'vitest';
import { item } from '../answers.ts';
import type { Answers } from '../loopback.ts';

/** An operation, with what of its input matters. */
export type Expected = readonly [operation: string, input?: object];

/** One call of a function: what AWS answers, what goes over the wire, what comes of it. */
export interface WireCase {
  readonly what: string;
  /** `<endpoint>` in it stands for the address of this AWS. */
  readonly event: unknown;
  /** What of its environment is another: a client may refuse a name that is none. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly answers: Answers;
  /** The operations in their order, with what of their input matters. */
  readonly calls: readonly Expected[];
  /** Set where several go out at once, and nobody knows which arrives first. */
  readonly inAnyOrder?: true;
  /** Part of what the handler returns, or the error under its name. */
  readonly result?: object;
  readonly error?: string;
}

/** At least one case for each function, by its handler. */
export type WireCases = Readonly<Record<string, readonly WireCase[]>>;

export const ME = 'arn:aws:states:eu-central-1:123456789012:execution:hospital-power:me';
export const OTHER = ME.replace(/me$/, 'other');
export const COMMAND = '11111111-2222-4333-8444-555555555555';
const now = Date.now();
export const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
export const epoch = (seconds: number): number => Math.round(now / 1000 - seconds);

export const lease = (owner: string) =>
  item('LEASE', { owner, purpose: 'power', fence: 7, takenAt: ago(600) });
export const intents = ['a', 'b', 'database'].map((name) =>
  item(`INTENT#${name}`, { wish: 'running', reason: 'r', plannedFor: ago(600), run: ME }),
);
export const outbox = item('OUTBOX#x', {
  subject: 'A subject',
  text: 'A text',
  attributes: { site: 'hospital' },
  committedAt: ago(600),
});

export const QUERY: Expected = ['dynamodb Query', { TableName: '<State>', ConsistentRead: true }];
export const WRITE: Expected = ['dynamodb TransactWriteItems'];
export const DATABASE = { DBInstanceIdentifier: '<Database/Instance>' };
export const DESCRIBE_HOSTS: Expected = [
  'ec2 DescribeInstances',
  { 'Filter.1.Name': 'tag:orthweb:site', 'Filter.1.Value.1': 'hospital' },
];
export const DESCRIBE_DATABASE: Expected = ['rds DescribeDBInstances', DATABASE];
export const ASK_HOLDER: Expected = ['states DescribeExecution', { executionArn: OTHER }];
export const PUBLISH: Expected = [
  'sns Publish',
  {
    TopicArn: '<Alerts/Topic>',
    Subject: 'A subject',
    MessageStructure: 'json',
    Message: expect.stringContaining('"email":"A text"'),
    'MessageAttributes.entry.1.Value.StringValue': 'hospital',
  },
];
