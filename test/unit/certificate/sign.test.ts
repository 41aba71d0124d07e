import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { authorityCertificate } from '../../../functions/certificate/authority-certificate.ts';
import type { Run } from '../../../functions/certificate/run.ts';
import { create } from '../../../functions/certificate/sign.ts';
import { seal } from '../../../functions/certificate/x509.ts';
import type { Clients } from '../../../functions/shared/clients.ts';
import { NAMES, rsaKey, signer, testAuthority, testRequest } from '../../support/authority.ts';
import { awsError, clients, context, refuse, service } from '../support/clients.ts';

const GENERATION = '20261123T120000Z-0a1b2c3d';
const [first, second] = [await testAuthority(), await testAuthority({ number: 2 })];

const settings = {
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  SITE: 'clinic',
  REQUEST_DOCUMENT: 'clinic-certificate-request',
  AUTHORITIES: JSON.stringify([first.setting, second.setting]),
};

function run(more: Partial<Run> = {}): Run {
  const at = new Date().toISOString();
  return {
    execution: 'arn:aws:states:ca-central-1:111122223333:execution:clinic-certificate:me',
    fence: 7,
    wanted: { trigger: 'daily', nodes: ['a', 'b'], force: false, dryRun: false },
    authorities: [first.listed, second.listed],
    beganAt: at,
    progress: {
      commands: {
        a: { kind: 'certificate-request', id: 'c-1', instanceId: 'i-a', sentAt: at },
      },
      inspections: {},
      seen: {},
      addresses: {},
      renewed: {},
      node: 'a',
      stage: 'sign',
    },
    next: 'sign',
    seconds: 0,
    steps: [],
    signer: 1,
    targets: [],
    because: 'node a has made a request',
    seenAt: at,
    ...more,
  };
}

const progress = (more: Partial<Run['progress']>): Run =>
  run({ progress: { ...run().progress, ...more } });

const instance = (node: string, more: object = {}) => ({
  InstanceId: `i-${node}`,
  State: { Name: 'running' },
  Tags: [{ Key: 'orthweb:node', Value: node }],
  PublicDnsName: NAMES[0],
  PublicIpAddress: NAMES[1],
  PrivateDnsName: NAMES[2],
  PrivateIpAddress: NAMES[3],
  ...more,
});
const ec2 = (...instances: object[]) =>
  service({ DescribeInstances: () => ({ Reservations: [{ Instances: instances }] }) });

const answer = (generation: unknown = GENERATION, request: unknown = testRequest()) =>
  JSON.stringify({ generation, request });
const ssm = (more: object = {}) =>
  service({
    GetCommandInvocation: () => ({
      DocumentName: 'clinic-certificate-request',
      Status: 'Success',
      StandardOutputContent: `made a key\n${answer()}\n`,
      ...more,
    }),
  });

const sign = (ours: Run = run(), more: Partial<Clients> = {}, environment: object = {}) =>
  create(
    { ...settings, ...environment },
    clients({ ec2: ec2(instance('b'), instance('a')), ssm: ssm(), kms: first.kms, ...more }),
  )({ run: ours }, context);

it('has the authority sign a certificate for the key that the host has made', async () => {
  const ours = run();

  const { progress, ...rest } = await sign(ours);

  const { issued } = progress;
  const leaf = new X509Certificate(Buffer.from(issued?.certificate ?? '', 'base64'));
  expect({ ...rest, progress: { ...progress, issued: undefined } }).toEqual({
    ...ours,
    progress: { ...ours.progress, issued: undefined },
  });
  expect(leaf.verify(first.certificate.publicKey)).toBe(true);
  expect(leaf.checkPrivateKey(rsaKey('node a'))).toBe(true);
  expect(issued).toEqual({
    node: 'a',
    generation: GENERATION,
    certificate: leaf.raw.toString('base64'),
    fingerprint: leaf.fingerprint256,
    notAfter: new Date(leaf.validTo).toISOString(),
    names: [...NAMES],
    authority: first.certificate.fingerprint256,
  });
});

it('asks for the command and the instance that the run names, in its own site', async () => {
  const [systems, cloud] = [ssm(), ec2(instance('a'))];

  await sign(run(), { ssm: systems, ec2: cloud });

  expect(systems.calls).toEqual([
    { name: 'GetCommandInvocation', input: { CommandId: 'c-1', InstanceId: 'i-a' } },
  ]);
  expect(cloud.calls).toEqual([
    {
      name: 'DescribeInstances',
      input: { Filters: [{ Name: 'tag:orthweb:site', Values: ['clinic'] }] },
    },
  ]);
});

it('names what EC2 names, and leaves out what the node has not', async () => {
  const hidden = instance('a', { PublicDnsName: '', PublicIpAddress: undefined });

  const { progress } = await sign(run(), { ec2: ec2(hidden) });

  const leaf = new X509Certificate(Buffer.from(progress.issued?.certificate ?? '', 'base64'));
  expect(leaf.subjectAltName).toBe(`DNS:${NAMES[2]}, IP Address:${NAMES[3]}`);
  expect(progress.issued?.names).toEqual([NAMES[2], NAMES[3]]);
});

it('signs with the authority that the run says, and no other', async () => {
  const { progress } = await sign(run({ signer: 2 }), { kms: second.kms });

  expect(progress.issued?.authority).toBe(second.certificate.fingerprint256);
});

it('has a new serial for each certificate, so that a call that is made twice does no harm', async () => {
  const both = [await sign(), await sign()].map(
    ({ progress }) =>
      new X509Certificate(Buffer.from(progress.issued?.certificate ?? '', 'base64')).serialNumber,
  );

  expect(new Set(both).size).toBe(2);
});

it.each<[string, Run]>([
  ['no node at work on', progress({ node: undefined })],
  ['no command for the node', progress({ node: 'b' })],
  [
    'another kind of command',
    progress({
      commands: { a: { kind: 'probe', id: 'c-1', instanceId: 'i-a', sentAt: '2026-11-23' } },
    }),
  ],
])('is not allowed to a run with %s', async (_what, ours) => {
  await expect(sign(ours, { ssm: service() })).rejects.toMatchObject({
    name: 'NotAllowed',
    message: 'the run has asked no host for a request',
  });
});

it.each([
  [
    'has been replaced',
    [instance('a', { InstanceId: 'i-new' })],
    /^node a is i-new, no longer i-a/,
  ],
  ['is gone', [], /^node a is no instance that runs, no longer i-a/],
  ['stops', [instance('a', { State: { Name: 'stopping' } })], /^node a is no instance that runs/],
  ['is another node', [instance('b', { InstanceId: 'i-a' })], /^node a is no instance that runs/],
])('is not allowed once the instance that made the request %s', async (_what, found, message) => {
  await expect(sign(run(), { ec2: ec2(...found) })).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(message),
  });
});

it.each([
  [
    'is of another document',
    { DocumentName: 'AWS-RunShellScript' },
    /is of AWS-RunShellScript, not/,
  ],
  [
    'has failed',
    {
      Status: 'Failed',
      StatusDetails: 'ExecutionTimedOut',
      StandardOutputContent: '',
    },
    /c-1 on i-a has failed: ExecutionTimedOut/,
  ],
  ['is still at it', { Status: 'InProgress' }, /c-1 on i-a has not ended/],
  ['said nothing', { StandardOutputContent: '' }, /ended without a request/],
  ['was cut off', { StandardOutputContent: answer().slice(0, 99) }, /ended without a request/],
  ['said a number', { StandardOutputContent: answer(GENERATION, 7) }, /ended without a request/],
  [
    'wants to leave its folder',
    { StandardOutputContent: answer('../../etc') },
    /names "\.\.\/\.\.\/etc" as its generation/,
  ],
  [
    'made a weak key',
    { StandardOutputContent: answer(GENERATION, testRequest(rsaKey('weak', 1024))) },
    /the key has 1024 bits/,
  ],
])(
  'refuses what a command says that %s, before anything is signed',
  async (_what, said, message) => {
    first.kms.calls.length = 0;

    await expect(sign(run(), { ssm: ssm(said) })).rejects.toMatchObject({
      name: 'RequestRefused',
      message: expect.stringMatching(message),
    });
    expect(first.kms.calls).toEqual([]);
  },
);

it.each<[string, Run, RegExp]>([
  ['is not published', run({ authorities: [second.listed] }), /authority 1 is not published/],
  ['has no key here', run({ signer: 3, authorities: [{ ...first.listed, number: 3 }] }), /no key/],
  ['is not named', run({ signer: undefined }), /authority undefined is not published/],
  [
    'has a certificate that cannot be read',
    run({ authorities: [{ ...first.listed, pem: 'x' }] }),
    /the certificate of authority 1 cannot be read/,
  ],
  [
    'has the certificate of another key',
    run({ authorities: [{ ...second.listed, number: 1 }] }),
    /certificate of authority 1 is not that of the key arn:/,
  ],
])('does not sign with an authority that %s', async (_what, ours, message) => {
  await expect(sign(ours)).rejects.toMatchObject({
    name: 'AuthorityUnavailable',
    message: expect.stringMatching(message),
  });
});

it('does not sign with a certificate of the right key that this key has not signed', async () => {
  const { kms, site, number } = first;
  const unsigned = authorityCertificate({
    publicKey: kms.publicKey,
    site,
    number,
    signed: new Date(Date.now() - 86_400_000),
  });
  const forged = await seal(unsigned, signer(rsaKey('node b')));

  await expect(
    sign(run({ authorities: [{ ...first.listed, pem: forged.toString() }] })),
  ).rejects.toMatchObject({
    name: 'AuthorityUnavailable',
    message: expect.stringContaining('is not that of the key arn:'),
  });
});

it('does not sign with an authority that would end first, and says what to do', async () => {
  const old = await testAuthority({ signed: new Date(Date.now() - 3600 * 86_400_000) });

  await expect(sign(run({ authorities: [old.listed] }))).rejects.toMatchObject({
    name: 'AuthorityUnavailable',
    message: expect.stringContaining('sign the authority anew, see docs/certificates.md'),
  });
});

it('gives out no certificate that breaks a rule, and names each rule that it breaks', async () => {
  const [names, publicKey] = [NAMES.slice(1, 2), rsaKey('odd', 2304)];
  const odd = answer(GENERATION, testRequest(publicKey));
  const nameless = instance('a', {
    PublicDnsName: '',
    PublicIpAddress: names[0],
    PrivateDnsName: '',
    PrivateIpAddress: '',
  });

  const signed = sign(run(), {
    ec2: ec2(nameless),
    ssm: ssm({ StandardOutputContent: odd }),
  });

  await expect(signed).rejects.toMatchObject({
    name: 'RequestRefused',
    message: expect.stringMatching(
      /^the certificate for node a breaks key-size-of-acm: Its RSA .* dns-name: Its alternative/,
    ),
  });
});

it('says that the authority is unavailable when its key is disabled', async () => {
  const kms = service({ Sign: refuse('DisabledException') });

  await expect(sign(run(), { kms })).rejects.toMatchObject({
    name: 'AuthorityUnavailable',
    message: expect.stringContaining('DisabledException: DisabledException, says AWS'),
  });
});

it('leaves a refusal that time mends to the workflow', async () => {
  const throttled = awsError('ThrottlingException', 'slower');
  const kms = service({
    Sign: () => {
      throw throttled;
    },
  });

  await expect(sign(run(), { kms })).rejects.toBe(throttled);
});

it.each(['{', '[{"number":"1"}]', '{}'])('refuses the setting AUTHORITIES if it is %s', (text) => {
  expect(() => create({ ...settings, AUTHORITIES: text }, clients({}))).toThrow(
    expect.objectContaining({
      name: 'InvalidSettings',
      message: expect.stringContaining('AUTHORITIES'),
    }),
  );
});
