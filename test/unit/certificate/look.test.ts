import { describe, expect, it } from 'vitest';
import { create } from '../../../functions/certificate/look.ts';
import type { Run } from '../../../functions/certificate/run.ts';
import {
  environment,
  inspection,
  oldOf,
  record,
  run,
  sent,
  sight,
} from '../support/certificate.ts';
import { clients, context } from '../support/clients.ts';
import { type Cloud, cloud, instance } from '../support/cloud.ts';
import { type Items, intent, reached } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { iso, stillClock } from '../support/time.ts';

stillClock('12:00:30');

const inVpc = (node: 'a' | 'b', state = 'running') =>
  instance(node, state, {
    PublicIpAddress: node === 'a' ? '203.0.113.1' : '203.0.113.2',
    PrivateDnsName: `${node}.internal`,
    PrivateIpAddress: node === 'a' ? '10.0.0.1' : '10.0.0.2',
  });

async function look(ours: Run = run(), more: Cloud = {}, items: Items = {}) {
  const services = cloud({ instances: [inVpc('a'), inVpc('b')], ...more });
  const dynamodb = memoryTable({ ...reached(), ...items });
  const { ec2, ssm } = services;
  const handler = create(environment(), clients({ dynamodb, ec2, ssm }));
  const looked = (await handler({ run: ours }, context)) as Run;
  expect(dynamodb.transactions).toEqual([]);
  return { looked, services };
}

const inspected = {
  inspections: { a: inspection('a'), b: inspection('b') },
  seen: { a: sight('12:00:20', oldOf('a')), b: sight('12:00:20', oldOf('b')) },
};

describe('a look', () => {
  it('finds the nodes by the tags of the site, and has each asked what it serves', async () => {
    const { looked, services } = await look();

    expect(looked).toMatchObject({
      next: 'act',
      steps: [
        { kind: 'probe', node: 'a', instanceId: 'i-a' },
        { kind: 'probe', node: 'b', instanceId: 'i-b' },
      ],
      seenAt: iso('12:00:30'),
    });
    expect(services.ec2.calls[0]?.input).toEqual({
      Filters: [{ Name: 'tag:orthweb:site', Values: ['clinic'] }],
    });
  });

  it('asks no host whose agent does not answer', async () => {
    const { looked } = await look(run(), { agents: [{ InstanceId: 'i-b', PingStatus: 'Online' }] });

    expect(looked.steps.map(({ node }) => node)).toEqual(['b']);
  });

  it('takes the name that clients use, and the address inside the VPC', async () => {
    const { looked } = await look(run({ progress: { inspections: inspected.inspections } }));

    expect(looked).toMatchObject({
      next: 'verify',
      targets: [
        { node: 'a', address: '10.0.0.1', name: 'a.example' },
        { node: 'b', address: '10.0.0.2', name: 'b.example' },
      ],
      progress: { addresses: { a: 'a.example', b: 'b.example' } },
    });
  });

  it('reads what its commands came to, on the instance that each was sent to', async () => {
    const commands = { a: { ...sent('probe', 'a', '12:00:10'), instanceId: 'i-former' } };
    const StandardOutputContent = 'words\n{"verdict":"serves","authorities":["CA:01"]}\n';
    const invocation = () => ({ Status: 'Success', ResponseCode: 0, StandardOutputContent });

    const { looked, services } = await look(run({ progress: { commands } }), { invocation });

    expect(services.ssm.calls.at(-1)).toEqual({
      name: 'GetCommandInvocation',
      input: { CommandId: 'c-1', InstanceId: 'i-former' },
    });
    expect(looked.progress.inspections.a).toMatchObject({ verdict: 'serves' });
  });

  it('takes what is wished and what is known from the table', async () => {
    const items = {
      'INTENT#b': intent({ wish: 'stopped' }),
      'CERTIFICATE#a': record({ issued: { fingerprint: oldOf('a'), authority: 2 } }),
    };

    const { looked } = await look(run({ progress: inspected }), {}, items);

    expect(looked.because).toContain('node b: it is stopped by plan');
    expect(looked.outcome).toBe('deferred');
  });
});
