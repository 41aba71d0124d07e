import { database, item, published, site, written } from '../answers.ts';
import {
  ago,
  COMMAND,
  DESCRIBE_DATABASE,
  DESCRIBE_HOSTS,
  ME,
  outbox,
  PUBLISH,
  QUERY,
  type WireCases,
  WRITE,
} from './wire-case.ts';

const running = ['a', 'b', 'database'].map((name) =>
  item(`INTENT#${name}`, {
    wish: 'running',
    reason: 'r',
    plannedFor: ago(9000),
    run: ME,
    reachedAt: ago(8000),
  }),
);
/** All has been well for as long as it takes. */
const ending = item('INCIDENT#a', {
  id: '20261123T120000Z-a',
  subject: 'a',
  class: 'node',
  cause: 'nginx',
  reason: 'nginx on node a does not run.',
  firstBadAt: ago(900),
  openedAt: ago(870),
  toldAt: ago(870),
  goodSince: ago(300),
  severity: 'high',
  reminders: 0,
  relapses: 0,
  findings: [],
  timeline: [],
});

const hosts = {
  'ec2 DescribeInstances': `<DescribeInstancesResponse><reservationSet>${['a', 'b']
    .map(
      (node, index) => `<item><instancesSet><item>
        <instanceId>i-${node}</instanceId><dnsName>${node}.example.org</dnsName>
        <privateIpAddress>10.0.0.${index + 7}</privateIpAddress>
        <instanceState><code>16</code><name>running</name></instanceState>
        <tagSet><item><key>orthweb:node</key><value>${node}</value></item></tagSet>
      </item></instancesSet></item>`,
    )
    .join('')}</reservationSet></DescribeInstancesResponse>`,
  'ec2 DescribeInstanceStatus': '<DescribeInstanceStatusResponse/>',
  'ssm DescribeInstanceInformation': {
    InstanceInformationList: ['a', 'b'].map((node) => ({
      InstanceId: `i-${node}`,
      PingStatus: 'Online',
    })),
  },
};
const port = { trusted: true, fingerprint: 'AA:01', notAfter: ago(-9_000_000) };
const seen = {
  at: ago(0),
  web: { ...port, status: 200 },
  dicom: { ...port, echo: true },
};

export const HEALTH: WireCases = {
  'health/observe': [
    {
      what: 'counts what is no hint, and asks nothing',
      event: { source: 'aws.ec2', account: 'another' },
      answers: {},
      calls: [],
      result: { action: 'rejected' },
    },
    {
      what: 'looks at all there is, and tells that an incident is over',
      event: { trigger: 'minute' },
      environment: { IMAGES: 'images', RECORDS: 'logs' },
      answers: {
        ...site(...running, ending, outbox),
        ...hosts,
        ...database('available'),
        'ssm GetParameter': { Parameter: { Value: 'the authorities' } },
        'ssm SendCommand': { Command: { CommandId: COMMAND } },
        'ssm GetCommandInvocation': {
          Status: 'Success',
          ResponseCode: 0,
          ExecutionEndDateTime: ago(0),
          StandardOutputContent: '{"serves":true,"verdict":"serves"}',
        },
        'ssm ListCommandInvocations': { CommandInvocations: [] },
        'lambda Invoke': {
          nodes: { a: seen, b: seen },
          database: { at: ago(0), reached: 'reached' },
        },
        's3 PutObject': '',
        'events PutEvents': { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] },
        ...written,
        ...published,
      },
      calls: [
        QUERY,
        DESCRIBE_HOSTS,
        ['ec2 DescribeInstanceStatus'],
        DESCRIBE_DATABASE,
        ['ssm DescribeInstanceInformation'],
        ['ssm GetParameter', { Name: '<Authority/Parameter>' }],
        [
          'lambda Invoke',
          {
            FunctionName: '<Health/Probe/Function>',
            Payload: {
              nodes: [
                { node: 'a', address: '10.0.0.7', name: 'a.example.org' },
                { node: 'b', address: '10.0.0.8', name: 'b.example.org' },
              ],
              authorities: 'the authorities',
            },
          },
        ],
        ['s3 PutObject', { Bucket: 'images', Key: 'checks/observer' }],
        ['ssm SendCommand'],
        ['ssm SendCommand'],
        ['ssm ListCommandInvocations'],
        ['ssm ListCommandInvocations'],
        ['ssm GetCommandInvocation'],
        ['ssm GetCommandInvocation'],
        WRITE,
        QUERY,
        PUBLISH,
        WRITE,
        ['events PutEvents', { Entries: [{ DetailType: 'Node Recovered', Source: 'orthweb' }] }],
        ['s3 PutObject', { Bucket: 'logs', Key: 'incidents/20261123T120000Z-a.json' }],
      ],
      inAnyOrder: true,
      result: { reason: 'all is well or planned' },
    },
  ],
  'health/probe': [
    {
      what: 'looks at what it is told to, and calls nothing of AWS',
      event: { nodes: [], authorities: '', database: '127.0.0.1' },
      answers: {},
      calls: [],
      result: { nodes: {} },
    },
  ],
};
