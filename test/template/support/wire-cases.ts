import { sign } from 'node:crypto';
import { expect } from 'vitest';
import type { Run as CertificateRun } from '../../../functions/certificate/run.ts';
import { spki } from '../../../functions/certificate/x509.ts';
import type { Run } from '../../../functions/power/run.ts';
import { testAuthority, testRequest } from '../../support/authority.ts';
import { database, instances, item, published, site, written } from './answers.ts';
import { type Answers, AwsRefusal, TO_CLOUDFORMATION } from './loopback.ts';

type Expected = readonly [operation: string, input?: object];

/** One call of a function: what AWS answers, what goes over the wire, what comes of it. */
export interface WireCase {
  readonly what: string;
  /** `<endpoint>` in it stands for the address of this AWS. */
  readonly event: unknown;
  readonly answers: Answers;
  /** The operations in their order, with what of their input matters. */
  readonly calls: readonly Expected[];
  /** Part of what the handler returns, or the error under its name. */
  readonly result?: object;
  readonly error?: string;
}

const ME = 'arn:aws:states:eu-central-1:123456789012:execution:hospital-power:me';
const OTHER = ME.replace(/me$/, 'other');
const COMMAND = '11111111-2222-4333-8444-555555555555';
const GENERATION = '20261123T120000Z-0a1b2c3d';
const now = Date.now();
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
const epoch = (seconds: number): number => Math.round(now / 1000 - seconds);

const lease = (owner: string) =>
  item('LEASE', { owner, purpose: 'power', fence: 7, takenAt: ago(600) });
const intents = ['a', 'b', 'database'].map((name) =>
  item(`INTENT#${name}`, { wish: 'running', reason: 'r', plannedFor: ago(600), run: ME }),
);
const outbox = item('OUTBOX#x', {
  subject: 'A subject',
  text: 'A text',
  attributes: { site: 'hospital' },
  committedAt: ago(600),
});

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

const authority = await testAuthority({ site: 'hospital' });
const KEY = { KeyId: '<Authority/Key1.Arn>' };
const kms: Answers = {
  'kms GetPublicKey': {
    KeySpec: 'RSA_3072',
    KeyUsage: 'SIGN_VERIFY',
    PublicKey: spki(authority.kms.publicKey).toString('base64'),
  },
  'kms DescribeKey': { KeyMetadata: { KeyId: KEY.KeyId, CreationDate: epoch(86_400) } },
  'kms Sign': ({ Message }) => {
    const bytes = Buffer.from(String(Message), 'base64');
    return { Signature: sign('sha256', bytes, authority.kms.privateKey).toString('base64') };
  },
};

const certificateRun: CertificateRun = {
  execution: ME,
  fence: 7,
  wanted: { trigger: 'daily', nodes: ['a', 'b'], force: false, dryRun: false },
  authorities: [authority.listed],
  beganAt: ago(60),
  progress: { commands: {}, inspections: {}, seen: {}, addresses: {}, renewed: {} },
  next: 'look',
  seconds: 0,
  steps: [],
  signer: 1,
  targets: [],
  because: '',
  // Not too old for a call, however long the cases before it take.
  seenAt: ago(-600),
};
/** The same with other progress. */
const progressing = (
  progress: Partial<CertificateRun['progress']>,
  more: Partial<CertificateRun> = {},
): CertificateRun => ({
  ...certificateRun,
  ...more,
  progress: { ...certificateRun.progress, ...progress },
});
const commandTo = (node: 'a' | 'b', kind: 'probe' | 'certificate-request') => ({
  [node]: { kind, id: COMMAND, instanceId: `i-${node}`, sentAt: ago(9) },
});
const online = {
  'ssm DescribeInstanceInformation': {
    InstanceInformationList: ['a', 'b'].map((node) => ({
      InstanceId: `i-${node}`,
      PingStatus: 'Online',
    })),
  },
};

const QUERY: Expected = ['dynamodb Query', { TableName: '<State>', ConsistentRead: true }];
const WRITE: Expected = ['dynamodb TransactWriteItems'];
const DATABASE = { DBInstanceIdentifier: '<Database/Instance>' };
const DESCRIBE_HOSTS: Expected = [
  'ec2 DescribeInstances',
  { 'Filter.1.Name': 'tag:orthweb:site', 'Filter.1.Value.1': 'hospital' },
];
const DESCRIBE_DATABASE: Expected = ['rds DescribeDBInstances', DATABASE];
const ASK_HOLDER: Expected = ['states DescribeExecution', { executionArn: OTHER }];
const PUBLISH: Expected = [
  'sns Publish',
  {
    TopicArn: '<Alerts/Topic>',
    Subject: 'A subject',
    Message: 'A text',
    'MessageAttributes.entry.1.Value.StringValue': 'hospital',
  },
];

/** At least one case for each function; together they reach every client that it carries. */
export const WIRE_CASES: Readonly<Record<string, readonly WireCase[]>> = {
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
  'certificate/begin': [
    {
      what: 'takes a free lease, then reads who signs and whom clients trust',
      event: { execution: ME, startedAt: ago(1), state: { trigger: 'daily' } },
      answers: {
        ...site(...intents),
        'ssm GetParameter': { Parameter: { Value: authority.listed.pem } },
        ...written,
      },
      calls: [QUERY, WRITE, ['ssm GetParameter', { Name: '<Authority/Parameter>' }]],
      result: { next: 'look', fence: 1, authorities: [authority.listed] },
    },
    {
      what: 'waits while another workflow holds the lease',
      event: { execution: ME, startedAt: ago(1), state: {} },
      answers: {
        ...site(lease(OTHER), ...intents),
        'states DescribeExecution': { status: 'RUNNING', startDate: epoch(60) },
      },
      calls: [QUERY, ASK_HOLDER],
      result: { next: 'wait' },
    },
  ],
  'certificate/look': [
    {
      what: 'reads what EC2 and Systems Manager answer',
      event: { run: progressing({ commands: commandTo('a', 'probe') }) },
      answers: {
        ...site(lease(ME), ...intents),
        ...instances('running'),
        ...online,
        'ssm GetCommandInvocation': { Status: 'InProgress' },
      },
      calls: [
        QUERY,
        DESCRIBE_HOSTS,
        ['ssm DescribeInstanceInformation'],
        ['ssm GetCommandInvocation', { CommandId: COMMAND, InstanceId: 'i-a' }],
      ],
      result: { next: 'wait', because: 'the hosts look at themselves' },
    },
  ],
  'certificate/act': [
    {
      what: 'has a host request a certificate, and records that before',
      event: {
        run: progressing(
          { plan: { a: { due: true, urgent: true, reason: 'it has run out' } } },
          {
            steps: [
              { kind: 'probe', node: 'b', instanceId: 'i-b', parameters: {} },
              { kind: 'certificate-request', node: 'a', instanceId: 'i-a', parameters: {} },
            ],
          },
        ),
      },
      answers: {
        ...site(lease(ME), ...intents),
        ...written,
        'ssm SendCommand': { Command: { CommandId: 'c-1' } },
      },
      calls: [
        QUERY,
        ['ssm SendCommand', { DocumentName: '<Commands/Probe>', InstanceIds: ['i-b'] }],
        QUERY,
        WRITE,
        [
          'ssm SendCommand',
          { DocumentName: '<Commands/CertificateRequest>', InstanceIds: ['i-a'] },
        ],
      ],
      result: { progress: { commands: { a: { kind: 'certificate-request', id: 'c-1' } } } },
    },
    ...(['install', 'rollback'] as const).map((what) => ({
      what: `sends the document for the ${what}`,
      event: {
        run: progressing(
          { plan: { a: { due: true, urgent: true, reason: 'it has run out' } } },
          {
            steps: [
              {
                kind: `certificate-${what}` as const,
                node: 'a' as const,
                instanceId: 'i-a',
                parameters: { Generation: GENERATION },
              },
            ],
          },
        ),
      },
      answers: {
        ...site(lease(ME), ...intents),
        ...written,
        'ssm SendCommand': { Command: { CommandId: 'c-1' } },
      },
      calls: [
        QUERY,
        WRITE,
        [
          'ssm SendCommand',
          {
            DocumentName: `<Commands/Certificate${what === 'install' ? 'Install' : 'Rollback'}>`,
            Parameters: { Generation: [GENERATION] },
          },
        ],
      ] satisfies WireCase['calls'],
      result: { steps: [] },
    })),
  ],
  'certificate/sign': [
    {
      what: 'has KMS sign for the host that asked',
      event: {
        run: progressing({
          commands: commandTo('a', 'certificate-request'),
          node: 'a',
          stage: 'sign',
        }),
      },
      answers: {
        ...instances('running'),
        'ssm GetCommandInvocation': {
          DocumentName: '<Commands/CertificateRequest>',
          Status: 'Success',
          StandardOutputContent: JSON.stringify({
            generation: GENERATION,
            request: testRequest(),
          }),
        },
        ...kms,
      },
      calls: [
        DESCRIBE_HOSTS,
        ['ssm GetCommandInvocation', { CommandId: COMMAND, InstanceId: 'i-a' }],
        ['kms Sign', { ...KEY, SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' }],
      ],
      result: {
        progress: {
          issued: { node: 'a', generation: GENERATION, names: ['a.example.org'] },
        },
      },
    },
  ],
  'certificate/verify': [
    {
      what: 'looks at a node that does not answer, and asks nothing of AWS',
      event: {
        run: {
          ...certificateRun,
          targets: [{ node: 'a', address: '127.0.0.1', name: 'a.example.org' }],
        },
      },
      answers: {},
      calls: [],
      result: { progress: { seen: { a: { web: { trusted: false }, dicom: { trusted: false } } } } },
    },
  ],
  'certificate/report': [
    {
      what: 'gives the lease back and publishes what is in the outbox',
      event: {
        task: 'finish',
        run: { ...certificateRun, next: 'finish', outcome: 'done' },
      },
      answers: { ...site(lease(ME), ...intents, outbox), ...written, ...published },
      calls: [QUERY, WRITE, QUERY, PUBLISH, WRITE],
      result: { outcome: 'done' },
    },
  ],
  'certificate/authority': [
    {
      what: 'tells CloudFormation the certificate that KMS has signed',
      event: {
        RequestType: 'Create',
        ResponseURL: '<endpoint>/answer?signed=yes',
        StackId: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/hospital/id',
        RequestId: 'r-1',
        LogicalResourceId: 'AuthorityCertificate1',
        ResourceProperties: { Site: 'hospital', Number: '1', Key: KEY.KeyId },
      },
      answers: { ...kms, [TO_CLOUDFORMATION]: {} },
      calls: [
        ['kms DescribeKey', KEY],
        ['kms GetPublicKey', KEY],
        ['kms Sign', KEY],
        [
          TO_CLOUDFORMATION,
          {
            Status: 'SUCCESS',
            RequestId: 'r-1',
            Data: { Pem: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/) },
          },
        ],
      ],
      result: { Status: 'SUCCESS' },
    },
  ],
  'site/tick': [
    {
      what: 'sweeps a lease, publishes the outbox and starts a run',
      event: {},
      answers: {
        ...site(lease(OTHER), outbox),
        ...database('available'),
        ...written,
        ...published,
        'states DescribeExecution': {
          status: 'ABORTED',
          startDate: epoch(900),
          stopDate: epoch(300),
        },
        'states StartExecution': { executionArn: ME, startDate: epoch(0) },
      },
      calls: [
        QUERY,
        ASK_HOLDER,
        DESCRIBE_DATABASE,
        WRITE,
        QUERY,
        ['states StartExecution', { stateMachineArn: '<Power/Workflow/StateMachine>' }],
        PUBLISH,
        WRITE,
      ],
      result: { sweepLease: true, startPower: true },
    },
  ],
};
