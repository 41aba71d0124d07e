import { describe, expect, it } from 'vitest';
import { type Hint, hintIn } from '../../../functions/health/hint.ts';
import { at, iso } from '../support/time.ts';

const BELIEVED = { ACCOUNT: '111122223333', REGION: 'eu-west-2', DATABASE: 'clinic' };

const of = (source: string, kind: string, detail: object, more: object = {}) => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  source,
  'detail-type': kind,
  account: BELIEVED.ACCOUNT,
  region: BELIEVED.REGION,
  time: iso('12:00'),
  resources: [],
  detail,
  ...more,
});
const instance = (more: object = {}, detail: object = { 'instance-id': 'i-a', state: 'stopped' }) =>
  of('aws.ec2', 'EC2 Instance State-change Notification', detail, more);
const database = (SourceIdentifier: unknown) =>
  of('aws.rds', 'RDS DB Instance Event', { SourceIdentifier, EventID: 'RDS-EVENT-0006' });
const hint = (event: unknown, now = '12:01'): Hint => hintIn(event, BELIEVED, at(now));

describe('makes the observer look', () => {
  it.each<[string, unknown, Hint]>([
    ['the schedule', { trigger: 'minute' }, { action: 'look', reason: 'minute' }],
    ['a person', { trigger: 'person' }, { action: 'look', reason: 'person' }],
    [
      'a host that stops, and says which',
      instance(),
      {
        action: 'look',
        reason: 'EC2 Instance State-change Notification',
        instanceId: 'i-a',
      },
    ],
    [
      'the database, by our own name for it',
      database('clinic'),
      { action: 'look', reason: 'RDS DB Instance Event' },
    ],
    [
      'an alarm',
      of('aws.cloudwatch', 'CloudWatch Alarm State Change', { alarmName: 'one' }),
      { action: 'look', reason: 'CloudWatch Alarm State Change' },
    ],
    [
      'AWS Health, which tells of a region from another, too',
      of('aws.health', 'AWS Health Event', { service: 'EC2' }, { region: 'us-east-1' }),
      { action: 'look', reason: 'AWS Health Event' },
    ],
    [
      'the end of a run, whatever else is said about it',
      of('aws.states', 'Step Functions Execution Status Change', { more: { deep: [1] } }),
      { action: 'look', reason: 'Step Functions Execution Status Change' },
    ],
  ])('%s', (_, event, expected) => {
    expect(hint(event)).toEqual(expected);
  });
});

describe('is refused, and why is said', () => {
  it.each<[string, unknown, RegExp]>([
    ['another account', instance({ account: '999999999999' }), /^account: 999999999999 is not/],
    ['another region', instance({ region: 'eu-west-1' }), /^region: eu-west-1 is not/],
    ['another database', database('other'), /^detail\.SourceIdentifier: not our database/],
    ['a database that is no text', database({ $ne: '' }), /^detail\.SourceIdentifier/],
    ['a source that is none of AWS', of('aws.evil', 'Some', {}), /^source: /],
    ['no account', instance({ account: undefined }), /^account: /],
    ['no time', instance({ time: 'yesterday' }), /^time: /],
    ['no detail', instance({ detail: null }), /^detail: /],
    ['no instance', instance({}, { state: 'stopped' }), /^detail\.instance-id: missing/],
    ['an instance that is no text', instance({}, { 'instance-id': 7 }), /^detail\.instance-id/],
    ['a text', 'look!', /^\(whole\): /],
    ['nothing', null, /^\(whole\): /],
  ])('%s', (_, event, reason) => {
    expect(hint(event)).toEqual({ action: 'rejected', reason: expect.stringMatching(reason) });
  });
});

it('is dropped when it is older than a quarter of an hour', () => {
  expect(hint(instance(), '12:15')).toMatchObject({ action: 'look' });
  expect(hint(instance(), '12:16')).toEqual({
    action: 'dropped',
    reason: 'EC2 Instance State-change Notification of 960 s ago',
  });
});
