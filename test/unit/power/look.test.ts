import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/power/look.ts';
import type { Run } from '../../../functions/power/run.ts';
import { clients, context, refuse, type Service, service } from '../support/clients.ts';
import { cloud, instance } from '../support/cloud.ts';
import { environment, run } from '../support/power.ts';
import { intents, lease, override } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock();

/** Looks at such a cloud at a time; `ours` is the run so far. */
async function look(
  services: { ec2: Service; rds: Service; ssm: Service },
  { time = '07:03', ours = run(), items = {} } = {},
): Promise<Run> {
  vi.setSystemTime(at(time));
  const dynamodb = memoryTable({ ...intents(), ...lease(), ...items });
  const handler = create(environment(), clients({ dynamodb, ...services }));
  const looked = await handler({ run: ours }, context);
  expect(dynamodb.transactions).toEqual([]);
  return looked;
}

describe('a look', () => {
  it('finds the nodes by the tags of the site and says what comes next', async () => {
    const services = cloud({ instances: [instance('b', 'stopped'), instance('a', 'pending')] });

    const looked = await look(services);

    expect(looked).toMatchObject({
      next: 'act',
      steps: [{ kind: 'start-node', node: 'b', instanceId: 'i-b' }],
      because: 'node b is stopped',
      seenAt: iso('07:03'),
      goal: run().goal,
    });
    expect(services.ec2.calls).toEqual([
      {
        name: 'DescribeInstances',
        input: { Filters: [{ Name: 'tag:orthweb:site', Values: ['clinic'] }] },
      },
    ]);
  });

  it('ends a run whose wish has changed on the way', async () => {
    const asked = {
      OVERRIDE: override({ wish: 'stopped', from: iso('07:02'), until: iso('09:00') }),
    };

    const looked = await look(cloud({ instances: [instance('a', 'stopped')] }), { items: asked });

    expect(looked).toMatchObject({ next: 'finish', outcome: 'superseded', steps: [] });
  });

  it('does not ask for a second notice of lateness for the same instant', async () => {
    const services = () =>
      cloud({ instances: [instance('a', 'pending'), instance('b', 'pending')] });
    const told = (plannedFor: string) => ({ LATE: { plannedFor, toldAt: iso('07:15') } });

    const same = await look(services(), { time: '07:20', items: told(iso('07:00')) });
    const another = await look(services(), { time: '07:20', items: told(iso('06:00')) });

    expect([same.next, another.next]).toEqual(['wait', 'tell']);
  });

  it('takes a database that RDS does not know for missing, and goes on', async () => {
    const rds = service({ DescribeDBInstances: refuse('DBInstanceNotFoundFault') });

    const looked = await look({ ...cloud(), rds });

    expect(looked).toMatchObject({
      next: 'wait',
      because: expect.stringContaining('the database is missing'),
    });
  });

  it('fails when a service does not answer: nothing is decided on half a truth', async () => {
    const services = { ...cloud(), rds: service({ DescribeDBInstances: refuse('Throttling') }) };

    const looked = look(services);

    await expect(looked).rejects.toMatchObject({ name: 'Throttling' });
  });
});
