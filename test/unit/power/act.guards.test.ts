import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/power/act.ts';
import type { Run } from '../../../functions/power/run.ts';
import { act, nodeStep, obedient, ready, START_BOTH } from '../support/act.ts';
import { clients, context, service } from '../support/clients.ts';
import {
  CLOSED,
  closingRun,
  EXECUTION,
  environment,
  NIGHT,
  OTHER,
  proof,
} from '../support/power.ts';
import { intent, intents, lease } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock('07:01');

describe('evidence that is too old', () => {
  it('leads to another look, not to a call', async () => {
    const services = obedient();
    const old = ready({ steps: START_BOTH, seenAt: iso('06:59:59') });
    const fresh = ready({ steps: START_BOTH, seenAt: iso('07:00') });

    const looked = await act(old, services);
    const callsOfOld = services.ec2.calls.length;
    await act(fresh, services);

    expect(looked).toMatchObject({ steps: [], seconds: 15, progress: old.progress });
    expect([callsOfOld, services.ec2.calls.length]).toEqual([0, 2]);
  });

  it('may grow too old between two calls', async () => {
    const services = {
      ec2: service({
        StartInstances: () => {
          vi.setSystemTime(at('07:01:51'));
          return {};
        },
      }),
    };

    await act(ready({ steps: START_BOTH }), services);

    expect(services.ec2.calls).toEqual([
      { name: 'StartInstances', input: { InstanceIds: ['i-a'] } },
    ]);
  });

  it.each(['drain', 'stop-node'] as const)(
    'of a peer that is meant to stay prevents a %s right before the call',
    async (kind) => {
      const asked = (proofs: Run['progress']['proofs']) =>
        ready({ goal: NIGHT, steps: [nodeStep(kind, 'b')], progress: { proofs } });
      const services = obedient();
      const count = () => services.ec2.calls.length + services.ssm.calls.length;

      await act(asked({}), services);
      await act(asked({ b: proof('b', '07:00:59') }), services);
      await act(asked({ a: proof('a', '06:59:59') }), services);
      const unproven = count();
      await act(asked({ a: proof('a', '07:00') }), services);

      expect([unproven, count()]).toEqual([0, 1]);
    },
  );

  it('of a peer that is meant to stop as well prevents nothing', async () => {
    const services = obedient();

    await act(
      closingRun({ steps: [nodeStep('stop-node', 'b')], seenAt: iso('07:00:50') }),
      services,
    );

    expect(services.ec2.calls).toHaveLength(1);
  });

  it('is also a time that cannot be read', async () => {
    const services = obedient();
    const proofs = { a: { at: '', address: 'a.example' } };

    await act(
      ready({ goal: NIGHT, steps: [nodeStep('stop-node', 'b')], progress: { proofs } }),
      services,
    );

    expect(services.ec2.calls).toEqual([]);
  });
});

describe('ground that is lost', () => {
  it.each([
    ['the lease has another owner', lease({ owner: OTHER }), /lease has passed to .*other$/],
    ['the lease is free', { LEASE: { fence: 7 } }, /lease has passed to nobody$/],
    ['the lease has another fence', lease({ fence: 8 }), /lease has passed/],
    ['the wish is another', intents(CLOSED), /intent for a is no longer this run's$/],
    ['the intent is of another run', intents(undefined, { run: OTHER }), /intent for a/],
    ['there is no intent', { 'INTENT#a': {} }, /intent for a/],
  ])('ends the run without a call when %s', async (_, items, message) => {
    const services = obedient();

    const acted = act(ready({ steps: START_BOTH }), services, items);

    await expect(acted).rejects.toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(message),
    });
    expect(services.ec2.calls).toEqual([]);
  });

  it('is noticed between two calls, too', async () => {
    const dynamodb = memoryTable({ ...intents(), ...lease() });
    const ec2 = service({
      StartInstances: () => {
        dynamodb.write('LEASE', { owner: OTHER, fence: 8 });
        return {};
      },
    });

    const acted = create(environment(), clients({ dynamodb, ec2 }))(
      { run: ready({ steps: START_BOTH }) },
      context,
    );

    await expect(acted).rejects.toMatchObject({ name: 'NotAllowed' });
    expect(ec2.calls).toHaveLength(1);
  });

  it('keeps an undrain from a host as well', async () => {
    const services = obedient();
    const steps = [nodeStep('undrain', 'a')];

    const handedOver = act(ready({ steps }), services, lease({ owner: OTHER }));
    const rewished = act(ready({ steps }), services, intents(CLOSED));

    await expect(handedOver).rejects.toThrow('undrain: the lease has passed');
    await expect(rewished).rejects.toThrow("undrain: the intent for a is no longer this run's");
    expect(services.ssm.calls).toEqual([]);
  });

  it('is judged for the resource that the call touches', async () => {
    const services = obedient();
    const items = { 'INTENT#b': intent({ wish: 'stopped', run: EXECUTION }) };

    const acted = act(ready({ steps: START_BOTH }), services, items);

    await expect(acted).rejects.toThrow("start-node: the intent for b is no longer this run's");
    expect(services.ec2.calls).toHaveLength(1);
  });
});
