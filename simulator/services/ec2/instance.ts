import type { _InstanceType, InstanceStateName } from '@aws-sdk/client-ec2';
import type { Host } from '../../host.ts';
import type { Site } from '../../site.ts';
import { publicName } from './addresses.ts';
import type { StatusChecks } from './status-checks.ts';

/** Numbers of the API: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
const STATE_CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export const stateOf = (Name: InstanceStateName) => ({ Name, Code: STATE_CODES[Name] });

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
export interface Reason {
  readonly code: string;
  readonly message: string;
  /** What the field StateTransitionReason says of the same. */
  readonly transition: string;
}

/** An instance as the API describes it. */
export interface Seen {
  readonly state: InstanceStateName;
  readonly address: string | undefined;
  /** Why it is not running; absent while it runs. */
  readonly reason: Reason | undefined;
  /** When it was last started; a reboot is no start. */
  readonly launchedAt: number;
}

export interface Instance {
  /** Whose stacks made it, whatever its tags say. */
  readonly site: Site;
  readonly id: string;
  readonly arn: string;
  readonly type: _InstanceType;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly host: Host;
  /** What is true. */
  state: InstanceStateName;
  since: number;
  /** When it was last started; a reboot is no start. */
  launchedAt: number;
  /** Its address in the network, which it keeps while it is stopped. */
  readonly privateAddress: string;
  /** Its public address; none where nobody gives it one, or while EC2 lends it none. */
  address: string | undefined;
  /** Whether its address is lent, a new one at each start, for as long as it runs. */
  readonly borrows: boolean;
  /** The address that it had before, and when it lost it. */
  last: { readonly address: string; readonly until: number } | undefined;
  /** What the API says: it follows the truth after up to four seconds. */
  seen: Seen;
  /** Keys of ours that its volumes are encrypted with. */
  readonly keys: readonly string[];
  readonly checks: StatusChecks;
}

export const resourceTags = (key: string, { tags }: Instance): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([name, value]) => [`${key}/${name}`, value]));

/** The logical host that an instance is; empty for one that is no node of a site. */
export const nodeOf = ({ tags }: Pick<Instance, 'tags'>): string => tags['orthweb:node'] ?? '';

/** Whether this was its public name at some time since the instant (epoch milliseconds). */
export const wasNamed = (instance: Instance, name: string, since: number): boolean => {
  const { address, last, region } = instance;
  const had = [address, last && last.until >= since ? last.address : undefined];
  return had.some((one) => one !== undefined && publicName(region, one) === name);
};
