import { sign } from 'node:crypto';
import { expect } from 'vitest';
import type { Run } from '../../../../functions/certificate/run.ts';
import { spki } from '../../../../functions/certificate/x509.ts';
import { testAuthority, testRequest } from '../../../support/authority.ts';
import { instances, published, site, written } from '../answers.ts';
import { type Answers, TO_CLOUDFORMATION } from '../loopback.ts';
import {
  ASK_HOLDER,
  ago,
  COMMAND,
  DESCRIBE_HOSTS,
  epoch,
  intents,
  lease,
  ME,
  OTHER,
  outbox,
  PUBLISH,
  QUERY,
  type WireCase,
  type WireCases,
  WRITE,
} from './wire-case.ts';

const GENERATION = '20261123T120000Z-0a1b2c3d';
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

const run: Run = {
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
const progressing = (progress: Partial<Run['progress']>, more: Partial<Run> = {}): Run => ({
  ...run,
  ...more,
  progress: { ...run.progress, ...progress },
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

export const CERTIFICATE: WireCases = {
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
          ...run,
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
        run: { ...run, next: 'finish', outcome: 'done' },
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
};
