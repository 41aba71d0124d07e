import type { ServiceEvent } from '../eventbridge.ts';

/**
 * What RDS says of a database, by the number of the event.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
 */
const EVENTS = {
  'RDS-EVENT-0007': [
    'low storage',
    'Allocated storage has been exhausted. Allocate additional storage to resolve.',
  ],
  'RDS-EVENT-0013': ['failover', 'Multi-AZ instance failover started.'],
  'RDS-EVENT-0049': ['failover', 'Multi-AZ instance failover completed.'],
  'RDS-EVENT-0087': ['notification', 'DB instance stopped.'],
  'RDS-EVENT-0088': ['notification', 'DB instance started.'],
  'RDS-EVENT-0154': [
    'notification',
    'DB instance is being started due to it exceeding the maximum allowed time being stopped.',
  ],
} as const satisfies Readonly<Record<string, readonly [category: string, message: string]>>;

export type DatabaseEvent = keyof typeof EVENTS;

/**
 * The event as the bus gets it.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-cloudwatch-events.sample.html
 */
export function eventOf(
  { arn, identifier }: { readonly arn: string; readonly identifier: string },
  id: DatabaseEvent,
  at: string,
): ServiceEvent {
  const [category, message] = EVENTS[id];
  return {
    source: 'aws.rds',
    'detail-type': 'RDS DB Instance Event',
    resources: [arn],
    detail: {
      EventCategories: [category],
      SourceType: 'DB_INSTANCE',
      SourceArn: arn,
      Date: at,
      Message: message,
      SourceIdentifier: identifier,
      EventID: id,
    },
  };
}
