import { describe, expect, it } from 'vitest';
import { readInstances, readOnline, runningOf } from '../../../functions/shared/instances.ts';
import { service } from '../support/clients.ts';
import { cloud, instance } from '../support/cloud.ts';

const read = (...instances: object[]) => readInstances(cloud({ instances }).ec2, 'clinic');

describe('the instance of a node', () => {
  it('is described with what clients and the site call it', async () => {
    const names = {
      PublicIpAddress: '203.0.113.1',
      PrivateDnsName: 'a.internal',
      PrivateIpAddress: '10.0.0.1',
    };

    const { a } = await read(instance('a', 'running', names));

    expect(a).toEqual({
      instanceId: 'i-a',
      state: 'running',
      address: 'a.example',
      privateAddress: '10.0.0.1',
      names: ['a.example', '203.0.113.1', 'a.internal', '10.0.0.1'],
    });
  });

  it('keeps its private address and names while it is stopped', async () => {
    const stopped = {
      PublicDnsName: '',
      PrivateDnsName: 'a.internal',
      PrivateIpAddress: '10.0.0.1',
    };

    const { a } = await read(instance('a', 'stopped', stopped));

    expect(a).toEqual({
      instanceId: 'i-a',
      state: 'stopped',
      privateAddress: '10.0.0.1',
      names: ['a.internal', '10.0.0.1'],
    });
  });

  it('says when it was last started', async () => {
    const { a } = await read(
      instance('a', 'running', { LaunchTime: new Date('2026-11-30T12:00:07Z') }),
    );

    expect(a.launchedAt).toBe('2026-11-30T12:00:07.000Z');
  });

  it('is the one that lives, where one under the same tags is ending', async () => {
    const ending = instance('a', 'shutting-down', { InstanceId: 'i-old' });

    const { a } = await read(ending, instance('a', 'pending'));

    expect(a).toMatchObject({ instanceId: 'i-a', state: 'pending' });
  });

  it('is missing, and called nothing, where no instance carries its tags', async () => {
    const { b } = await read(instance('a', 'running'));

    expect(b).toEqual({ state: 'missing', names: [] });
  });
});

describe('the agents', () => {
  it('are asked about on instances that run, and no others', async () => {
    const instances = await read(instance('a', 'running'), instance('b', 'pending'));

    expect(runningOf(instances)).toEqual(['i-a']);
  });

  it('answer where Systems Manager calls them online', async () => {
    const { ssm } = cloud({
      agents: [
        { InstanceId: 'i-a', PingStatus: 'Online' },
        { InstanceId: 'i-b', PingStatus: 'ConnectionLost' },
      ],
    });

    expect([...(await readOnline(ssm, ['i-a', 'i-b']))]).toEqual(['i-a']);
  });

  it('are not asked about where nothing runs', async () => {
    expect([...(await readOnline(service(), []))]).toEqual([]);
  });
});
