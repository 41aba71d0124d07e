import { expect } from 'vitest';
import type { Run } from '../../../../functions/power/run.ts';
import { database, instances, published, site, written } from '../answers.ts';
import { AwsRefusal } from '../loopback.ts';
import {
  ASK_HOLDER,
  ago,
  COMMAND,
  DATABASE,
  DESCRIBE_DATABASE,
  DESCRIBE_HOSTS,
  epoch,
  intents,
  lease,
  ME,
  OTHER,
  outbox,
  PUBLISH,
  QUERY,
  type WireCases,
  WRITE,
} from './wire-case.ts';

const cancelled = (...codes: readonly string[]) =>
  new AwsRefusal('TransactionCanceledException', 'no', {
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

const run: Run = {
  execution: ME,
  fence: 7,
  goal: { a: 'running', b: 'running', database: 'running' },
  site: 'running',
  reason: 'the site is always on',
  plannedFor: ago(60),
  beganAt: ago(60),
  progress: {
    phase: 'probe',
    phaseSince: ago(30),
    phases: [],
    troubles: {},
    commands: { a: { kind: 'probe', id: COMMAND, sentAt: ago(9) } },
    drained: {},
    undrained: {},
    proofs: {},
    unproven: {},
    started: {},
    uncertified: {},
  },
  next: 'act',
  seconds: 15,
  steps: [],
  because: '',
  seenAt: ago(1),
};

export const POWER: WireCases = {
  'power/begin': [
    {
      what: 'takes a free lease',
      event: { execution: ME, startedAt: ago(1) },
      answers: { ...site(), ...written },
      calls: [QUERY, WRITE],
      result: { next: 'act', fence: 1, goal: run.goal },
    },
    {
      what: 'leaves the site to a run that holds the lease',
      event: { execution: ME, startedAt: ago(1) },
      answers: {
        ...site(lease(OTHER)),
        'states DescribeExecution': { status: 'RUNNING', startDate: epoch(60) },
      },
      calls: [QUERY, ASK_HOLDER],
      result: { next: 'leave' },
    },
    {
      what: 'says by its name that somebody was faster',
      event: { execution: ME, startedAt: ago(1) },
      answers: {
        ...site(),
        'dynamodb TransactWriteItems': cancelled('ConditionalCheckFailed', 'None'),
      },
      calls: [QUERY, WRITE],
      error: 'Conflict',
    },
    {
      what: 'does not take a transaction that DynamoDB cancelled for another reason for that',
      event: { execution: ME, startedAt: ago(1) },
      answers: { ...site(), 'dynamodb TransactWriteItems': cancelled('None', 'ValidationError') },
      calls: [QUERY, WRITE],
      error: 'TransactionCanceledException',
    },
  ],
  'power/look': [
    {
      what: 'reads what EC2 and RDS answer',
      event: { run: { ...run, progress: { ...run.progress, commands: {} } } },
      answers: { ...site(), ...instances('stopped'), ...database('stopped') },
      calls: [QUERY, DESCRIBE_HOSTS, DESCRIBE_DATABASE],
      result: { next: 'act', steps: [{ kind: 'start-database' }] },
    },
    {
      what: 'takes a database that RDS does not know for missing',
      event: { run: { ...run, progress: { ...run.progress, commands: {} } } },
      answers: {
        ...site(),
        ...instances('stopped'),
        'rds DescribeDBInstances': new AwsRefusal('DBInstanceNotFoundFault', 'no such database'),
      },
      calls: [QUERY, DESCRIBE_HOSTS, DESCRIBE_DATABASE],
      result: { next: 'wait', because: expect.stringContaining('the database is missing') },
    },
    {
      what: 'reads what Systems Manager answers',
      event: { run },
      answers: {
        ...site(),
        ...instances('running'),
        ...database('available'),
        'ec2 DescribeInstanceStatus': `<DescribeInstanceStatusResponse><instanceStatusSet><item>
            <instanceId>i-a</instanceId><instanceStatus><status>ok</status></instanceStatus>
          </item></instanceStatusSet></DescribeInstanceStatusResponse>`,
        'ssm DescribeInstanceInformation': {
          InstanceInformationList: [{ InstanceId: 'i-a', PingStatus: 'Online' }],
        },
        'ssm GetCommandInvocation': { Status: 'Success', ExecutionEndDateTime: ago(2) },
      },
      calls: [
        QUERY,
        DESCRIBE_HOSTS,
        DESCRIBE_DATABASE,
        ['ec2 DescribeInstanceStatus', { 'InstanceId.1': 'i-a', 'InstanceId.2': 'i-b' }],
        [
          'ssm DescribeInstanceInformation',
          { Filters: [{ Key: 'InstanceIds', Values: ['i-a', 'i-b'] }] },
        ],
        ['ssm GetCommandInvocation', { CommandId: COMMAND, InstanceId: 'i-a' }],
      ],
      result: { progress: { proofs: { a: { at: ago(2), address: 'a.example.org' } } } },
    },
  ],
  'power/act': [
    {
      what: 'makes its calls, and notes a refusal in the words of AWS',
      event: {
        run: {
          ...run,
          steps: [
            { kind: 'start-database' },
            { kind: 'start-node', node: 'a', instanceId: 'i-a' },
            { kind: 'probe', node: 'b', instanceId: 'i-b' },
          ],
        },
      },
      answers: {
        ...site(lease(ME), ...intents),
        'rds StartDBInstance':
          '<StartDBInstanceResponse><StartDBInstanceResult/></StartDBInstanceResponse>',
        'ec2 StartInstances': new AwsRefusal('InsufficientInstanceCapacity', 'no room'),
        'ssm SendCommand': { Command: { CommandId: 'c-1' } },
      },
      calls: [
        QUERY,
        ['rds StartDBInstance', DATABASE],
        QUERY,
        ['ec2 StartInstances', { 'InstanceId.1': 'i-a' }],
        QUERY,
        ['ssm SendCommand', { DocumentName: '<Commands/Probe>', InstanceIds: ['i-b'] }],
      ],
      result: {
        progress: {
          troubles: { a: { attempts: 1, text: 'InsufficientInstanceCapacity: no room' } },
          commands: { b: { kind: 'probe', id: 'c-1' } },
        },
      },
    },
    {
      what: 'sends the document for each command, and notes what RDS refuses for now',
      event: {
        run: {
          ...run,
          steps: [{ kind: 'start-database' }, { kind: 'undrain', node: 'b', instanceId: 'i-b' }],
        },
      },
      answers: {
        ...site(lease(ME), ...intents),
        'rds StartDBInstance': new AwsRefusal('InsufficientDBInstanceCapacity', 'no room'),
        'ssm SendCommand': { Command: { CommandId: 'c-1' } },
      },
      calls: [
        QUERY,
        ['rds StartDBInstance', DATABASE],
        QUERY,
        ['ssm SendCommand', { DocumentName: '<Commands/Undrain>', InstanceIds: ['i-b'] }],
      ],
      result: {
        progress: {
          troubles: {
            database: {
              attempts: 1,
              text: expect.stringMatching(/^InsufficientDBInstanceCapacity(Fault)?: no room$/),
            },
          },
          commands: { b: { kind: 'undrain', id: 'c-1' } },
        },
      },
    },
    {
      what: 'stops by name when the lease has passed on',
      event: { run: { ...run, steps: [{ kind: 'start-database' }] } },
      answers: site(lease(OTHER), ...intents),
      calls: [QUERY],
      error: 'NotAllowed',
    },
  ],
  'power/report': [
    {
      what: 'gives the lease back and publishes what is in the outbox',
      event: {
        task: 'fail',
        execution: ME,
        startedAt: ago(1),
        state: { failure: { Error: 'E', Cause: 'c' } },
      },
      answers: { ...site(lease(ME), ...intents, outbox), ...written, ...published },
      calls: [QUERY, WRITE, QUERY, PUBLISH, WRITE],
      result: { outcome: 'fail' },
    },
  ],
};
