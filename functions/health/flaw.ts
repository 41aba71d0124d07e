import { causeOfVerdict } from './cause-of-node.ts';
import type { Trouble } from './judgement.ts';
import type { NodeObservation } from './observation.ts';

/** Beyond this there is time to act before the disk is full. */
const DISK_PERCENT = 85;
const CLOCK_SECONDS = 1;

/** What is to be mended about a node that serves, the most pressing of it; undefined where nothing is. */
export function flawOf(
  node: string,
  { online, host }: NodeObservation,
): Omit<Trouble, 'findings'> | undefined {
  const flaw = (cause: Trouble['cause'], reason: string) => ({
    class: 'degraded' as const,
    cause,
    reason,
  });
  const denied = host && causeOfVerdict(host.verdict);
  if (denied) {
    return flaw(
      denied,
      `Clients are served by node ${node}, but it says of itself: ${host.reason}`,
    );
  }
  const { usedPercent = 0, inodesUsedPercent = 0 } = host?.disk ?? {};
  const used = Math.max(usedPercent, inodesUsedPercent);
  if (host?.verdict === 'disk-full') return flaw('disk', `The disk of node ${node} is full.`);
  if (used >= DISK_PERCENT) {
    return flaw('disk-filling', `The disk of node ${node} is ${used} % full.`);
  }
  const offset = Math.abs(host?.clock?.offsetSeconds ?? 0);
  if (offset > CLOCK_SECONDS) {
    return flaw('clock-drift', `The clock of node ${node} is off by ${offset.toFixed(1)} seconds.`);
  }
  if (online === false) {
    const reason = `Node ${node} serves, and does not answer to Systems Manager: no command reaches it.`;
    return flaw('agent', reason);
  }
  return undefined;
}
