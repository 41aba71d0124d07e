import type { _InstanceType, InstanceStateName } from '@aws-sdk/client-ec2';
import type { Host } from '../../host.ts';
import type { Site } from '../../site.ts';

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

export interface Instance {
  /** Whose stacks made it, whatever its tags say. */
  readonly site: Site;
  readonly id: string;
  readonly arn: string;
  readonly type: _InstanceType;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly address: string;
  readonly host: Host;
  /** What is true. */
  state: InstanceStateName;
  since: number;
  /** What the API says: it follows the truth after up to four seconds. */
  seen: InstanceStateName;
  /** Why it is not running, as the API says it; absent while it runs. */
  reason: Reason | undefined;
  /** Keys of ours that its volumes are encrypted with. */
  readonly keys: readonly string[];
  /** When the status checks pass; they need some minutes after a start. */
  checksPassAt: number;
}

export const resourceTags = (key: string, { tags }: Instance): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([name, value]) => [`${key}/${name}`, value]));

/** The logical host that an instance is; empty for one that is no node of a site. */
export const nodeOf = ({ tags }: Instance): string => tags['orthweb:node'] ?? '';

/** The public name of an instance: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
export const nameOf = ({ address, region }: Instance): string => {
  const zone = region === 'us-east-1' ? 'compute-1' : `${region}.compute`;
  return `ec2-${address.replaceAll('.', '-')}.${zone}.amazonaws.com`;
};
