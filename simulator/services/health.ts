import type { Instance } from './ec2/instance.ts';
import type { ServiceEvent } from './eventbridge.ts';

/**
 * What AWS Health tells when simplified automatic recovery of an instance has ended. It names the
 * instance by its identifier alone.
 * https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
 */
export function recoveryEvent(
  { arn, id, region, site }: Instance,
  how: 'SUCCESS' | 'FAILURE',
): ServiceEvent {
  const { clock } = site.world;
  const chance = site.chance(`health event of ${id}`);
  const eventTypeCode = `AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_${how}`;
  const startTime = new Date(clock.now).toUTCString();
  return {
    source: 'aws.health',
    'detail-type': 'AWS Health Event',
    resources: [id],
    from: arn,
    detail: {
      eventArn: `arn:aws:health:${region}::event/EC2/${eventTypeCode}/${eventTypeCode}_${chance.identifier(12)}`,
      service: 'EC2',
      eventTypeCode,
      eventTypeCategory: 'accountNotification',
      eventScopeCode: 'ACCOUNT_SPECIFIC',
      communicationId: chance.identifier(32),
      startTime,
      eventRegion: region,
      statusCode: 'open',
      eventDescription: [
        {
          language: 'en_US',
          latestDescription: `Simplified automatic recovery of ${id}: ${how}.`,
        },
      ],
      affectedEntities: [{ entityValue: id, status: 'IMPAIRED' }],
      page: '1',
      totalPages: '1',
      affectedAccount: arn.split(':')[4],
    },
  };
}
