import type { Intent } from '../../functions/shared/operations-table.ts';
import type { Ailment, Service } from '../host-ailments.ts';
import type { Instance } from '../services/ec2/instance.ts';
import { recoveryEvent } from '../services/health.ts';
import type { FaultName, Target } from './library.ts';

/** Has a fault begin on a node; what it returns ends it, and does nothing where it has ended. */
type Begin = (node: Instance, target: Target) => () => void;

const MINUTE_MS = 60_000;

const suffering =
  (...ailments: readonly Ailment[]): Begin =>
  ({ host }) => {
    const ends = ailments.map((ailment) => host.suffer(ailment));
    return () => {
      for (const end of ends) end();
    };
  };

const container =
  (is: 'dead' | 'hung'): Begin =>
  (node, target) =>
    suffering({ is, service: target.container as Service })(node, target);

/** The kernel kills what uses most of the memory, Docker starts it again, and so on. */
const exhaust: Begin = ({ host, id, site }) => {
  const { clock } = site.world;
  const recover = host.suffer({ is: 'scarce memory' });
  let over = false;
  let restarted = () => {};
  const kill = () => {
    if (over) return;
    const chance = site.chance(`memory of ${id}`);
    restarted = host.suffer({ is: 'dead', service: 'orthanc' });
    clock.after(chance.between(20_000, 40_000), restarted);
    clock.after(chance.between(3 * MINUTE_MS, 5 * MINUTE_MS), kill);
  };
  kill();
  return () => {
    over = true;
    recover();
    restarted();
  };
};

/**
 * By default AWS moves an instance whose machine has broken, in a reboot, and says how that went.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-configuration-recovery.html
 */
const breakMachine: Begin = (node, { outcome }) => {
  const { site } = node;
  const { bus, clock } = site.world;
  const recover = node.host.suffer({ is: 'dead machine' });
  const takes = site.chance(`recovery of ${node.id}`).between(5 * MINUTE_MS, 7 * MINUTE_MS);
  clock.after(takes, () => {
    // A stop and a start have moved it before, or it is off.
    if (!node.host.failing.system) return;
    const how = outcome === 'recovers' ? 'SUCCESS' : 'FAILURE';
    if (outcome === 'recovers') recover();
    bus.emit(recoveryEvent(node, how));
  });
  return recover;
};

/** They start it again, unless it is meant to be stopped by then. */
const stopByHand: Begin = (node) => {
  const { site } = node;
  const { ec2 } = site.world;
  ec2.stopByHand(node);
  return () => {
    const intent = site.truth().get(`INTENT#${node.host.node}`) as Intent | undefined;
    if (intent?.wish !== 'stopped') ec2.startByHand(node);
  };
};

/** Faults that are of one node, and last. */
export const OF_HOSTS: Readonly<Partial<Record<FaultName, Begin>>> = {
  'dead-container': container('dead'),
  'hung-container': container('hung'),
  'dead-docker': suffering({ is: 'dead docker' }, { is: 'dead', service: 'nginx' }),
  'full-disk': suffering({ is: 'full disk' }),
  'exhausted-memory': exhaust,
  'wrong-clock': suffering({ is: 'wrong clock' }),
  'refused-password': suffering({ is: 'refused password' }),
  'slow-host': suffering({ is: 'slowness' }),
  'failed-system': breakMachine,
  'failed-volume': suffering({ is: 'hung disk' }),
  'stopped-by-hand': stopByHand,
  'dead-host': ({ host }) => {
    host.hang(1);
    return () => host.hang(-1);
  },
  'silent-agent': ({ host }) => {
    host.silence(1);
    return () => host.silence(-1);
  },
};
