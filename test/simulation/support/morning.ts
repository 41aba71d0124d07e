import { marshall } from '@aws-sdk/util-dynamodb';
import { instantAt } from '../../../simulator/report/local-time.ts';
import type { SimulationResult } from '../../../simulator/simulation.ts';
import { ACCOUNT } from '../../../simulator/template.ts';
import type { World } from '../../../simulator/world.ts';
import { play, type Site } from './play.ts';

/** A scene that the policies and resources of a site are held against. */
export type Scene = (of: Site, look?: (world: World) => void) => Promise<SimulationResult>;

/**
 * A morning in which almost everything happens to power: a deployment at 06:00 stops the site, an
 * alert is left that its writer did not come to publish, an alarm sounds, 07:00 starts the site, the
 * event comes twice, somebody wants certificates meanwhile, the run is aborted, the tick sweeps and
 * starts anew, and a host comes up drained.
 */
export const morning: Scene = (of, look = () => {}) =>
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
        stepFunctions.start(machineOf(world, 'certificate'), JSON.stringify({}));
      });
      at('2026-11-30T07:03', () => {
        for (const { abort, status } of stepFunctions.executions) if (status === 'RUNNING') abort();
      });
      // A host that takes no clients when its probe comes is undrained.
      at('2026-11-30T07:08', () => world.ec2.instances[0]?.host.run('drain', () => {}));
      look(world);
    },
  });

/**
 * A noon in which almost everything happens to certificates: the first runs after a deployment find
 * interim pairs, what node a got is taken back because nobody sees it, a person wants power and
 * certificates looked at meanwhile, b and then a have their own, and the daily run finds them good.
 */
export const noon: Scene = (of, look = () => {}) =>
  play(of, {
    from: '2026-11-30T11:50',
    days: 0.014,
    certificates: 'interim',
    faults: [{ name: 'unseen-node', on: 'a', at: '2026-11-30T11:50', minutes: 5 }],
    prepare: (world) => {
      const { clock, stepFunctions } = world;
      clock.at(instantAt('2026-11-30T11:52', of.timeZone).getTime(), () => {
        for (const capability of ['power', 'certificate']) {
          stepFunctions.start(machineOf(world, capability), JSON.stringify({}));
        }
      });
      look(world);
    },
  });

/**
 * An afternoon in which almost everything happens to health: nginx of a node dies and comes back, which
 * is found, told, and told to be over, and alarms and events hint at it.
 */
export const afternoon: Scene = (of, look = () => {}) =>
  play(of, {
    from: '2026-11-30T14:00',
    days: 0.014,
    certificates: 'issued',
    faults: [
      { name: 'dead-container', on: 'a=nginx', at: '2026-11-30T14:06', minutes: 3 },
      // AWS tells of it itself.
      { name: 'failed-system', on: 'b=recovers', at: '2026-11-30T14:12' },
    ],
    prepare: look,
  });

/** The cheaper ones first. */
export const SCENES: readonly Scene[] = [noon, afternoon, morning];

const machineOf = ({ site }: World, capability: string): string =>
  `arn:aws:states:${site.assembly.region}:${ACCOUNT}:stateMachine:${site.name}-${capability}`;

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

/** All that a person could see of such a scene; or why it ended, with the reasons before that. */
export async function outcome(of: Site, scene: Scene): Promise<string> {
  try {
    const { failure, entries, deliveries } = await scene(of, endAtFinding);
    return failure
      ? [failure.message, ...entries.map(({ reason }) => reason)].join('\n')
      : JSON.stringify({ entries, deliveries });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What follows from what was found first is of no interest to those who lose hundreds of things. */
function endAtFinding(world: World): void {
  world.clock.after(
    60_000,
    () => {
      const [first] = world.judge.findings;
      if (first) world.clock.fail(first);
      else endAtFinding(world);
    },
    { housekeeping: true },
  );
}
