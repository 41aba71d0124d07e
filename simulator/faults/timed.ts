import type { World } from '../world.ts';
import type { Injection } from './faults.ts';

/** Has a fault strike when its time comes, if it needs no other occasion, and end when it is over. */
export function arm(
  world: World,
  { name, at, target, until }: Injection,
  strike: () => void,
): void {
  const { clock, ec2, rds, stepFunctions } = world;
  const between = (begin: () => void, end: () => void = () => {}) =>
    clock.at(at.getTime(), () => {
      strike();
      begin();
      if (Number.isFinite(until)) clock.at(until, end);
    });
  const node = ec2.node(target.node);
  switch (name) {
    case 'failing-database':
      between(
        () => rds.fail(1),
        () => rds.fail(-1),
      );
      break;
    case 'dead-host':
      if (!node) return;
      between(
        () => node.host.hang(1),
        () => node.host.hang(-1),
      );
      break;
    case 'silent-agent':
      if (!node) return;
      between(
        () => node.host.silence(1),
        () => node.host.silence(-1),
      );
      break;
    case 'deploy':
      between(() => world.deploy());
      break;
    case 'aborted-run':
      clock.at(at.getTime(), () => {
        const running = stepFunctions.executions.filter(({ status }) => status === 'RUNNING');
        if (running.length > 0) strike();
        for (const { abort } of running) abort();
      });
      break;
    default:
      // Its occasion comes by itself; an event, so that no quiet time reaches over its beginning.
      clock.at(at.getTime(), () => {});
  }
}
