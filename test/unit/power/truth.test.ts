import { describe, expect, it } from 'vitest';
import { readDatabase } from '../../../functions/power/database.ts';
import { readTruth } from '../../../functions/power/truth.ts';
import { refuse, service } from '../support/clients.ts';
import { agent, cloud, instance, status } from '../support/cloud.ts';
import { node, run, sent } from '../support/power.ts';
import { iso } from '../support/time.ts';

const SETTINGS = { SITE: 'clinic', DATABASE: 'clinic-database' };

const truthOf = (services: ReturnType<typeof cloud>, ours = run()) =>
  readTruth(services, SETTINGS, ours);

describe('the truth about the nodes', () => {
  it('is complete when the site runs and is well', async () => {
    const services = cloud();

    const truth = await truthOf(services);

    expect(truth).toEqual({
      nodes: { a: node('a'), b: node('b') },
      database: 'available',
      commands: {},
    });
    expect(services.rds.calls[0]?.input).toEqual({ DBInstanceIdentifier: 'clinic-database' });
  });

  it('asks for checks and agents of running instances only', async () => {
    const services = cloud({ instances: [instance('a', 'running'), instance('b', 'stopped')] });

    await truthOf(services);

    expect(services.ec2.calls[1]?.input).toEqual({ InstanceIds: ['i-a'] });
    expect(services.ssm.calls[0]?.input).toEqual({
      Filters: [{ Key: 'InstanceIds', Values: ['i-a'] }],
    });
  });

  it('asks for neither when nothing runs', async () => {
    const services = cloud({ instances: [instance('a', 'stopped'), instance('b', 'stopping')] });

    const { nodes } = await truthOf(services);

    expect([services.ec2.calls.length, services.ssm.calls.length]).toEqual([1, 0]);
    expect(nodes.b).toMatchObject({ state: 'stopping', checksOk: false, online: false });
  });

  it('is that of the instance that lives, not of one terminated under the same tags', async () => {
    const gone = instance('a', 'terminated', { InstanceId: 'i-old' });

    const { nodes } = await truthOf(cloud({ instances: [gone, instance('a', 'stopped')] }));

    expect(nodes.a).toMatchObject({ instanceId: 'i-a', state: 'stopped' });
  });

  it.each([
    ['Client.InternalError', 'Client.InternalError: Client error on launch'],
    ['Server.InternalError', 'Server.InternalError: Internal error on launch'],
  ])('says why EC2 itself stopped an instance: %s', async (Code, Message) => {
    const fallen = instance('a', 'stopped', { StateReason: { Code, Message } });

    const { nodes } = await truthOf(cloud({ instances: [fallen] }));

    expect(nodes.a.fell).toBe(Message);
  });

  it.each(['Client.UserInitiatedShutdown', 'Client.InstanceInitiatedShutdown'])(
    'takes a stop that somebody meant for what it is: %s',
    async (Code) => {
      const stopped = instance('a', 'stopped', { StateReason: { Code, Message: Code } });

      const { nodes } = await truthOf(cloud({ instances: [stopped] }));

      expect(nodes.a).not.toHaveProperty('fell');
    },
  );

  it('is that of a terminated instance when there is no other', async () => {
    const { nodes } = await truthOf(cloud({ instances: [instance('a', 'terminated')] }));

    expect(nodes.a.state).toBe('terminated');
  });

  it('is that of the instance that runs, not of one shutting down beside it', async () => {
    const going = instance('a', 'shutting-down', { InstanceId: 'i-old' });

    const { nodes } = await truthOf(cloud({ instances: [going, instance('a', 'running')] }));

    expect(nodes.a).toMatchObject({ instanceId: 'i-a', state: 'running' });
  });

  it('says so when a node or the database is missing', async () => {
    const truth = await truthOf(cloud({ instances: [instance('a', 'running')], database: [] }));

    expect(truth.nodes.b).toEqual({
      state: 'missing',
      names: [],
      checksOk: false,
      online: false,
    });
    expect(truth.database).toBe('missing');
  });

  it.each([
    ['the instance', { InstanceStatus: { Status: 'initializing' } }],
    ['the hardware below it', { SystemStatus: { Status: 'impaired' } }],
    ['its volume', { AttachedEbsStatus: { Status: 'impaired' } }],
  ])('wants the status check of %s to pass', async (_, failing) => {
    const services = cloud({ statuses: [status('a', failing), status('b')] });

    const { nodes } = await truthOf(services);

    expect([nodes.a.checksOk, nodes.b.checksOk]).toEqual([false, true]);
  });

  it('does without a check of the volume where EC2 makes none', async () => {
    const services = cloud({ statuses: [status('a', { AttachedEbsStatus: undefined })] });

    const { nodes } = await truthOf(services);

    expect([nodes.a.checksOk, nodes.b.checksOk]).toEqual([true, false]);
  });

  it('wants the agent to answer', async () => {
    const services = cloud({ agents: [agent('a'), agent('b', 'ConnectionLost')] });

    const { nodes } = await truthOf(services);

    expect([nodes.a.online, nodes.b.online]).toEqual([true, false]);
  });

  it.each([
    [{ PublicDnsName: '', PublicIpAddress: '203.0.113.10' }, '203.0.113.10'],
    [{ PublicDnsName: '' }, undefined],
  ])('has the address of an instance with %o as %s', async (names, address) => {
    const services = cloud({ instances: [instance('a', 'running', names)] });

    const { nodes } = await truthOf(services);

    expect(nodes.a.address).toBe(address);
  });
});

describe('the truth about the database', () => {
  it('is that it is missing when RDS does not know it', async () => {
    const rds = service({ DescribeDBInstances: refuse('DBInstanceNotFoundFault') });

    const status = await readDatabase(rds, 'clinic-database');

    expect(status).toBe('missing');
  });

  it.each(['AccessDenied', 'Throttling', 'NotFound'])(
    'is not known when RDS answers %s',
    async (name) => {
      const rds = service({ DescribeDBInstances: refuse(name) });

      const status = readDatabase(rds, 'clinic-database');

      await expect(status).rejects.toMatchObject({ name });
    },
  );
});

describe('the truth about a command', () => {
  const probing = run({ progress: { commands: { a: sent('probe', '07:02:50') } } });

  it('is asked for by its id, on the instance it was sent to', async () => {
    const services = cloud();

    await truthOf(services, probing);

    expect(services.ssm.calls[1]).toEqual({
      name: 'GetCommandInvocation',
      input: { CommandId: 'c-1', InstanceId: 'i-a' },
    });
  });

  it.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'])(
    'is pending while Systems Manager says %s',
    async (Status) => {
      const { commands } = await truthOf(cloud({ invocation: () => ({ Status }) }), probing);

      expect(commands).toEqual({ a: { state: 'pending' } });
    },
  );

  it('is pending while Systems Manager does not list it yet', async () => {
    const { commands } = await truthOf(cloud(), probing);

    expect(commands).toEqual({ a: { state: 'pending' } });
  });

  it('is its end, with the time of it', async () => {
    const invocation = () => ({
      DocumentName: 'clinic-probe',
      Status: 'Success',
      ResponseCode: 0,
      ExecutionEndDateTime: iso('07:02:56'),
      StandardOutputContent: '{"ok":true,"reason":"it serves"}\n',
    });

    const { commands } = await truthOf(cloud({ invocation }), probing);

    expect(commands.a).toEqual({
      state: 'ended',
      document: 'clinic-probe',
      ok: true,
      code: 0,
      at: iso('07:02:56'),
      answer: { ok: true, reason: 'it serves' },
      said: 'it serves',
    });
  });

  it.each([
    ['{"ok":false,"reason":"nginx answers 502"}\n', 'nginx answers 502'],
    ['{"ok":false}\n', '{"ok":false}'],
    ['starting\nKilled\n', 'Killed'],
    ['', 'Execution Timed Out'],
  ])('that failed with %j on its output is what it said', async (StandardOutputContent, said) => {
    const invocation = () => ({
      Status: 'Failed',
      StatusDetails: 'Execution Timed Out',
      StandardOutputContent,
    });

    const { commands } = await truthOf(cloud({ invocation }), probing);

    expect(commands.a).toMatchObject({ state: 'ended', ok: false, said });
  });

  it.each([true, false])('tells whether the host took the connection: %s', async (listens) => {
    const StandardOutputContent = JSON.stringify({ serves: false, listens, reason: 'why' });
    const invocation = () => ({ Status: 'Failed', StandardOutputContent });

    const { commands } = await truthOf(cloud({ invocation }), probing);

    expect(commands.a).toMatchObject({ ok: false, said: 'why', answer: { listens } });
  });
});
