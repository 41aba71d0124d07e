import * as z from 'zod/mini';
import { CLOCKS, secondsBetween } from '../shared/clocks.ts';

/** What our own schedule and the operator's command send. */
const Call = z.object({ trigger: z.enum(['minute', 'person']) });

/**
 * What every event of EventBridge has, as far as it is believed by that.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 */
const Event = z.object({
  source: z.enum(['aws.ec2', 'aws.cloudwatch', 'aws.health', 'aws.rds', 'aws.states']),
  'detail-type': z.string(),
  account: z.string(),
  region: z.string(),
  time: z.iso.datetime(),
  detail: z.looseObject({}),
});

/** The thing that an event of EC2 and of RDS is about. */
const OfInstance = z.object({ 'instance-id': z.string() });
const OfDatabase = z.object({ SourceIdentifier: z.string() });

/** What is done about an event: it says "look now" and nothing else, or it says nothing. */
export interface Hint {
  readonly action: 'look' | 'dropped' | 'rejected';
  readonly reason: string;
  /** The instance that it is about: if that is none of ours, nothing was said. */
  readonly instanceId?: string;
}

/** Whose events are believed, and about which database. */
export interface Believed {
  readonly ACCOUNT: string;
  readonly REGION: string;
  readonly DATABASE: string;
}

/**
 * Judges an event by its form, its origin and its age. Never throws: what is malformed is rejected, and
 * fields that nobody knows are passed over.
 */
export function hintIn(event: unknown, believed: Believed, now: Date): Hint {
  const call = z.safeParse(Call, event);
  if (call.success) return { action: 'look', reason: call.data.trigger };
  const parsed = z.safeParse(Event, event);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return rejected(`${issue?.path.join('.') || '(whole)'}: ${issue?.message}`);
  }
  const { source, account, region, time, detail, 'detail-type': kind } = parsed.data;
  if (account !== believed.ACCOUNT) return rejected(`account: ${account} is not this one`);
  if (region !== believed.REGION && source !== 'aws.health') {
    return rejected(`region: ${region} is not this one`);
  }
  if (source === 'aws.rds' && !isAbout(detail, believed.DATABASE)) {
    return rejected('detail.SourceIdentifier: not our database');
  }
  const age = secondsBetween(time, now);
  if (age > CLOCKS.hint)
    return { action: 'dropped', reason: `${kind} of ${Math.round(age)} s ago` };
  const instance = z.safeParse(OfInstance, detail);
  if (source === 'aws.ec2' && !instance.success) return rejected('detail.instance-id: missing');
  return {
    action: 'look',
    reason: kind,
    ...(source === 'aws.ec2' && instance.success && { instanceId: instance.data['instance-id'] }),
  };
}

const isAbout = (detail: unknown, database: string): boolean => {
  const parsed = z.safeParse(OfDatabase, detail);
  return parsed.success && parsed.data.SourceIdentifier === database;
};

const rejected = (reason: string): Hint => ({ action: 'rejected', reason });
