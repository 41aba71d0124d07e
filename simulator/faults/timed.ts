import { keysOf } from '../services/kms.ts';
import type { Site } from '../site.ts';
import type { Injection } from './faults.ts';

/** Has a fault strike when its time comes, if it needs no other occasion, and end when it is over. */
export function arm(site: Site, { name, at, target, until }: Injection, strike: () => void): void {
  const { world } = site;
  const { clock, stepFunctions } = world;
  const between = (begin: () => void, end: () => void = () => {}) =>
    clock.at(at.getTime(), () => {
      strike();
      begin();
      if (Number.isFinite(until)) clock.at(until, end);
    });
  const node = site.node(target.node);
  switch (name) {
    case 'failing-database':
      between(
        () => site.database.fail(1),
        () => site.database.fail(-1),
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
    case 'disabled-key': {
      const keys = keysOf(site.assembly, at).map(({ arn }) => arn);
      between(
        () => world.kms.disable(keys, 1),
        () => world.kms.disable(keys, -1),
      );
      break;
    }
    case 'deploy':
      between(() => world.deploy());
      break;
    case 'aborted-run':
      clock.at(at.getTime(), () => {
        const running = stepFunctions.executions.filter(
          (run) => run.site === site && run.status === 'RUNNING',
        );
        if (running.length > 0) strike();
        for (const { abort } of running) abort();
      });
      break;
    default:
      // Its occasion comes by itself; an event, so that no quiet time reaches over its beginning.
      clock.at(at.getTime(), () => {});
  }
}
