import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/certificate/act.ts';
import type { Kind, Run, Step } from '../../../functions/certificate/run.ts';
import {
  EXECUTION,
  environment,
  issued,
  OTHER,
  oldOf,
  progress,
  run,
  sent,
  sight,
} from '../support/certificate.ts';
import { awsError, clients, context, refuse, service } from '../support/clients.ts';
import { type Items, intent, intents, lease } from '../support/site.ts';
import { cancelled, memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock('12:01');

const CHANGING = ['certificate-request', 'certificate-install', 'certificate-rollback'] as const;
const step = (kind: Kind, node: 'a' | 'b' = 'a', parameters = {}): Step => ({
  kind,
  node,
  instanceId: `i-${node}`,
  parameters,
});

/** A run whose evidence is ten seconds old, of the site and of the peer of node a. */
const ready = (steps: Step[], more: Parameters<typeof run>[0] = {}): Run =>
  run({
    seenAt: iso('12:00:50'),
    steps,
    ...more,
    progress: {
      node: 'a',
      stage: 'request',
      seen: { b: sight('12:00:50', oldOf('b')) },
      plan: { a: { due: true, urgent: false, reason: 'x' } },
      ...more.progress,
    },
  });
const tableOf = (more: Items = {}) =>
  memoryTable({ ...intents(), ...lease({ owner: EXECUTION, purpose: 'certificate' }), ...more });
const obedient = () => service({ SendCommand: () => ({ Command: { CommandId: 'c-9' } }) });

const act = (ours: Run, ssm = obedient(), dynamodb = tableOf()): Promise<Run> =>
  create(environment(), clients({ dynamodb, ssm }))({ run: ours }, context) as Promise<Run>;

describe('a command', () => {
  it.each([
    ['probe', 'clinic-probe'],
    ['certificate-request', 'clinic-certificate-request'],
    ['certificate-install', 'clinic-certificate-install'],
    ['certificate-rollback', 'clinic-certificate-rollback'],
  ] as const)('is the document of its kind, on one instance: %s', async (kind, DocumentName) => {
    const ssm = obedient();

    const acted = await act(ready([step(kind)]), ssm);

    expect(ssm.calls).toEqual([
      {
        name: 'SendCommand',
        input: { DocumentName, InstanceIds: ['i-a'], Parameters: {}, TimeoutSeconds: 30 },
      },
    ]);
    expect(acted.progress.commands).toEqual({
      a: { kind, id: 'c-9', instanceId: 'i-a', sentAt: iso('12:01') },
    });
    expect(acted.steps).toEqual([]);
  });

  it('takes its parameters as lists, as Systems Manager wants them', async () => {
    const ssm = obedient();
    const parameters = { Generation: issued('a').generation, Name: 'a.example' };

    await act(ready([step('certificate-install', 'a', parameters)]), ssm);

    expect(ssm.calls[0]?.input).toMatchObject({
      Parameters: { Generation: [issued('a').generation], Name: ['a.example'] },
    });
  });

  it('is sent to each host that was asked for', async () => {
    const ssm = obedient();

    const acted = await act(ready([step('probe', 'a'), step('probe', 'b')]), ssm);

    expect(Object.keys(acted.progress.commands)).toEqual(['a', 'b']);
  });

  it('is not taken for sent where AWS refuses it for now: the state is retried', async () => {
    const ssm = service({ SendCommand: refuse('ThrottlingException') });

    await expect(act(ready([step('certificate-request')]), ssm)).rejects.toMatchObject({
      name: 'ThrottlingException',
    });
  });
});

describe('the record of a node', () => {
  it.each(CHANGING)('says who is at it before the first %s is sent', async (kind) => {
    const dynamodb = tableOf();
    const ssm = service({
      SendCommand: () => {
        expect(dynamodb.value('CERTIFICATE#a')).toEqual({ published: {}, run: EXECUTION });
        return { Command: { CommandId: 'c-9' } };
      },
    });

    await act(ready([step(kind)]), ssm, dynamodb);

    expect(ssm.calls).toHaveLength(1);
    expect(dynamodb.transactions).toEqual([['put CERTIFICATE#a']]);
  });

  it('keeps what it said before', async () => {
    const before = { published: { 1: iso('07:00') }, checkedAt: iso('11:00'), run: OTHER };
    const dynamodb = tableOf({ 'CERTIFICATE#a': before });

    await act(ready([step('certificate-request')]), obedient(), dynamodb);

    expect(dynamodb.value('CERTIFICATE#a')).toEqual({ ...before, run: EXECUTION });
  });

  it('is not written twice', async () => {
    const dynamodb = tableOf({ 'CERTIFICATE#a': { published: {}, run: EXECUTION } });
    const ssm = obedient();

    await act(ready([step('certificate-install')]), ssm, dynamodb);

    expect(dynamodb.transactions).toEqual([]);
    expect(ssm.calls).toHaveLength(1);
  });

  it('is not written for a probe, which changes nothing', async () => {
    const dynamodb = tableOf({ LEASE: { fence: 9 }, ...intents(undefined, { wish: 'stopped' }) });
    const ssm = obedient();

    await act(ready([step('probe')]), ssm, dynamodb);

    expect(dynamodb.transactions).toEqual([]);
    expect(ssm.calls).toHaveLength(1);
  });

  it('that somebody else has written meanwhile keeps the command from being sent', async () => {
    const table = tableOf();
    const ssm = obedient();
    const racing = {
      ...table,
      send: (async (command: object) => {
        if (command.constructor.name === 'TransactWriteItemsCommand') {
          throw cancelled('ConditionalCheckFailed');
        }
        return (table.send as (command: object) => Promise<unknown>)(command);
      }) as never,
    };

    const acted = act(ready([step('certificate-request')]), ssm, racing);

    await expect(acted).rejects.toMatchObject({ name: 'Conflict' });
    expect(ssm.calls).toEqual([]);
  });
});

describe('ground that is lost', () => {
  const held = (more: object) => lease({ owner: EXECUTION, purpose: 'certificate', ...more });

  it.each([
    ['the lease has another owner', held({ owner: OTHER }), /the lease has passed to .*other$/],
    ['the lease is free', { LEASE: { fence: 7 } }, /the lease has passed to nobody$/],
    ['the lease has another fence', held({ fence: 8 }), /the lease has passed/],
    [
      'its node is to be stopped',
      { 'INTENT#a': intent({ wish: 'stopped' }) },
      /a is to be stopped$/,
    ],
    ['nothing is wished of its node', { 'INTENT#a': {} }, /node a is to be stopped$/],
  ])(
    'keeps every command that changes a host from being sent when %s',
    async (_, items, message) => {
      const ssm = obedient();
      const table = tableOf(items);

      for (const kind of CHANGING) {
        await expect(act(ready([step(kind)]), ssm, table)).rejects.toMatchObject({
          name: 'NotAllowed',
          message: expect.stringMatching(message),
        });
      }

      expect(ssm.calls).toEqual([]);
      expect(table.transactions).toEqual([]);
    },
  );

  it('is judged for the node that the command goes to', async () => {
    const table = tableOf({ 'INTENT#b': intent({ wish: 'stopped' }) });
    const ssm = obedient();

    await act(ready([step('certificate-request')]), ssm, table);

    expect(ssm.calls).toHaveLength(1);
  });
});

describe('evidence that is too old', () => {
  it.each(['probe', ...CHANGING] as const)(
    'of the site leads to another look: %s',
    async (kind) => {
      const ssm = obedient();
      const old = (seenAt: string) => act(ready([step(kind)], { seenAt }), ssm);

      const looked = await old(iso('11:59:59'));
      await old('');
      const before = ssm.calls.length;
      await old(iso('12:00'));

      expect(looked).toMatchObject({ steps: [], progress: { commands: {} } });
      expect([before, ssm.calls.length]).toEqual([0, 1]);
    },
  );

  it('may grow too old between two calls', async () => {
    const ssm = service({
      SendCommand: () => {
        vi.setSystemTime(at('12:01:51'));
        return { Command: { CommandId: 'c-9' } };
      },
    });

    await act(ready([step('probe', 'a'), step('probe', 'b')]), ssm);

    expect(ssm.calls).toHaveLength(1);
  });

  const peers: [string, Run['progress']['seen']][] = [
    ['has not been looked at', {}],
    ['was looked at more than a minute ago', { b: sight('11:59:59', 'x') }],
    ['was looked at nobody knows when', { b: { ...sight('12:00:50', 'x'), at: '' } }],
    ['does not serve', { b: sight('12:00:50', 'x', { web: { status: 502 } }) }],
  ];
  it.each(peers)('is that of a peer that %s', async (_, seen) => {
    const ssm = obedient();
    const table = tableOf();

    for (const kind of ['certificate-request', 'certificate-install'] as const) {
      await act(ready([step(kind)], { progress: { seen } }), ssm, table);
    }

    expect(ssm.calls).toEqual([]);
    expect(table.transactions).toEqual([]);
  });

  it.each(peers)(
    'is not that of a peer that %s where clients have lost the node',
    async (_, seen) => {
      const ssm = obedient();
      const plan = { a: { due: true, urgent: true, reason: 'x' } };

      await act(ready([step('certificate-install')], { progress: { seen, plan } }), ssm);

      expect(ssm.calls).toHaveLength(1);
    },
  );

  it.each(peers)('never keeps a former pair from being put back: the peer %s', async (_, seen) => {
    const ssm = obedient();

    await act(ready([step('certificate-rollback')], { progress: { seen } }), ssm);

    expect(ssm.calls).toHaveLength(1);
  });
});

describe('a host whose agent went a moment ago', () => {
  const gone = () =>
    service({
      SendCommand: () => {
        throw awsError('InvalidInstanceId', 'Instances not in a valid state');
      },
    });

  it('is not probed, and that is what is known of it', async () => {
    const acted = await act(ready([step('probe')]), gone());

    expect(acted.progress.inspections.a).toEqual({
      at: iso('12:01'),
      serves: false,
      verdict: 'unknown',
      authorities: [],
      reason: 'Instances not in a valid state',
    });
    expect(acted.progress.commands).toEqual({});
  });

  it.each(['certificate-request', 'certificate-install'] as const)(
    'fails the run, with nothing changed, at a %s',
    async (kind) => {
      const { progress: after } = await act(ready([step(kind)]), gone());

      expect(after).toMatchObject({
        failure: {
          node: 'a',
          stage: 'request',
          reason: 'Instances not in a valid state',
          passing: true,
          restored: null,
        },
        commands: {},
      });
      expect(after.stage).toBeUndefined();
    },
  );

  it('is left as it is where its former pair was to be put back: what failed first is told', async () => {
    const failure = { node: 'a', stage: 'verify', reason: 'x', passing: false } as const;
    const stage = { stage: 'rollback', failure: { ...failure, restored: false } } as const;

    const { progress: after } = await act(
      ready([step('certificate-rollback')], { progress: stage }),
      gone(),
    );

    expect(after.failure).toEqual({ ...failure, restored: false });
    expect(after.stage).toBeUndefined();
  });
});

it('A run without steps is handed on as it came.', async () => {
  const commands = { a: sent('probe', 'a', '12:00:50') };

  const acted = await act(run({ progress: { commands } }));

  expect(acted.progress).toEqual(progress({ commands }));
});
