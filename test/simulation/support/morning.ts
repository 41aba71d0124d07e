import { marshall } from '@aws-sdk/util-dynamodb';
import { instantAt } from '../../../simulator/report/local-time.ts';
import type { World } from '../../../simulator/world.ts';
import { play, type Site } from './play.ts';

/**
 * A morning in which almost everything happens: a deployment at 06:00 stops the site, an alert is
 * left that its writer did not come to publish, an alarm sounds, 07:00 starts the site, the event
 * comes twice, the run is aborted, the tick sweeps and starts anew, and a host comes up drained.
 */
export const morning = (of: Site, look: (world: World) => void = () => {}) =>
  play(of, {
    from: '2026-11-30T06:00',
    days: 0.15,
    prepare: (world) => {
      const { clock, stepFunctions } = world;
      const at = (local: string, act: () => void) =>
        clock.at(instantAt(local, of.timeZone).getTime(), act);
      at('2026-11-30T06:30', () => leaveAlert(world));
      at('2026-11-30T06:40', () => {
        const StateMachineArn = stepFunctions.executions[0]?.machine ?? '';
        world.cloudwatch.count('AWS/States', 'ExecutionsFailed', { StateMachineArn });
      });
      at('2026-11-30T07:02', () => {
        const machine = stepFunctions.executions.at(-1)?.machine ?? '';
        stepFunctions.start(machine, JSON.stringify({ trigger: 'schedule', again: true }));
      });
      at('2026-11-30T07:03', () => {
        for (const { abort, status } of stepFunctions.executions) if (status === 'RUNNING') abort();
      });
      // A host that takes no clients when its probe comes is undrained.
      at('2026-11-30T07:08', () => world.ec2.instances[0]?.host.run('drain', () => {}));
      look(world);
    },
  });

function leaveAlert({ clock, dynamodb }: World): void {
  const [table] = dynamodb.tables.values();
  const [item] = table?.items.values() ?? [];
  const sk = { S: 'OUTBOX#left' };
  const value = {
    subject: 'An alert that was left',
    text: 'An alert that was left',
    attributes: { kind: 'STARTED' },
    committedAt: clock.iso(),
  };
  const left = {
    pk: item?.pk ?? { S: '' },
    sk,
    version: { N: '1' },
    value: { M: marshall(value) },
  };
  table?.items.set(JSON.stringify([left.pk, sk]), left);
}

/** All that a person could see of such a morning; or why it ended, with the reasons before that. */
export async function outcome(of: Site): Promise<string> {
  try {
    const { failure, entries, deliveries } = await morning(of);
    return failure
      ? [failure.message, ...entries.map(({ reason }) => reason)].join('\n')
      : JSON.stringify({ entries, deliveries });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
