import { imagesOf } from '../services/ec2/launch.ts';
import { keysOf } from '../services/kms.ts';
import type { Site } from '../site.ts';
import type { Injection } from './faults.ts';
import { OF_HOSTS } from './of-hosts.ts';

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
  const begin = OF_HOSTS[name];
  if (begin) {
    let end = () => {};
    if (!node) return;
    between(
      () => {
        end = begin(node, target);
      },
      () => end(),
    );
    return;
  }
  switch (name) {
    case 'failing-database':
      between(
        () => site.database.fail(1),
        () => site.database.fail(-1),
      );
      break;
    case 'database-failover':
      between(() => site.database.failover((until - at.getTime()) / 1000));
      break;
    case 'full-database':
      between(
        () => site.database.fill(1),
        () => site.database.fill(-1),
      );
      break;
    case 'updating-host':
      clock.at(at.getTime(), () => {
        const ended = node && world.ssm.byHand(node, 'update');
        if (!ended) return;
        strike();
        node.host.update(until - at.getTime(), ended);
      });
      break;
    case 'denied-storage': {
      const buckets = imagesOf(site.assembly);
      between(
        () => buckets.map((arn) => world.s3.close(arn, 1)),
        () => buckets.map((arn) => world.s3.close(arn, -1)),
      );
      break;
    }
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
