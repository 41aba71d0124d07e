import { marshall } from '@aws-sdk/util-dynamodb';
import { onTestFinished } from 'vitest';
import type { Invocation } from '../../../simulator/api.ts';
import { instantAt } from '../../../simulator/report/local-time.ts';
import { World, type WorldOptions } from '../../../simulator/world.ts';
import { clinic } from './faulted.ts';

export const RUN = 'arn:aws:states:ca-central-1:111122223333:execution:clinic-power:run-1';

/**
 * A world at a standstill, in which a test plants what the judge must notice. The process has its
 * own time back when the test is over.
 */
export async function stillWorld(
  of = clinic,
  from = '2026-11-30T00:00',
  certificates: WorldOptions['certificates'] = 'issued',
  faults: WorldOptions['faults'] = [],
) {
  const world = await World.load({
    directory: of.directory,
    plan: of.plan,
    from: instantAt(from, of.timeZone),
    seed: 1,
    faults,
    skipQuietTicks: true,
    certificates,
  });
  onTestFinished(() => world.clock.uninstall());
  const record = (sk: string, value: object) => {
    const [table] = world.dynamodb.tables.values();
    table?.items.set(sk, marshall({ pk: 'SITE', sk, version: 1, value }));
  };
  const { site } = world;
  const by = { site, functionName: 'power/act', execution: RUN } as unknown as Invocation;
  const intend = (node: string, wish: 'running' | 'stopped', run = RUN) =>
    record(`INTENT#${node}`, { wish, run, reason: '', plannedFor: '' });
  const sees = (who: Invocation) => {
    const targets = () => [];
    world.judge.answered({ service: 'ec2', operation: 'DescribeInstances', by: who, targets });
    world.judge.answered({ service: 'rds', operation: 'DescribeDBInstances', by: who, targets });
  };
  sees(by);
  record('LEASE', { owner: RUN, purpose: 'power', fence: 1 });
  return { world, record, intend, by, sees };
}

export const stop = (resource: string) => ({ call: 'stop', towards: 'stopped' as const, resource });
export const start = (resource: string) => ({
  call: 'start',
  towards: 'running' as const,
  resource,
});
export const found = ({ judge }: World): string[] => judge.findings.map(({ message }) => message);
