import { demand } from '../iam/demand.ts';
import type { Site } from '../site.ts';
import { ACCOUNT, type ResourceType } from '../template.ts';

export const flowLogTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::FlowLog': {
    reads: ['LogDestination'],
    only: { LogDestinationType: ['"s3"'] },
    ignores: ['ResourceId', 'ResourceType', 'TrafficType'],
    names: (resource) => ({ ref: `fl-0${resource.fingerprint(16)}` }),
  },
};

/**
 * Flow logs come to a bucket through CloudWatch's log delivery, which first reads the bucket's
 * access control list and then leaves each object to the bucket's owner.
 * https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
 */
export function demandFlowLogs({ assembly, world }: Site): void {
  const { iam } = world;
  for (const log of assembly.resources('AWS::EC2::FlowLog')) {
    const destination = log.text('LogDestination').replace(/\/$/, '');
    const [bucket = ''] = destination.split('/');
    const object = `${destination}/AWSLogs/${ACCOUNT}/vpcflowlogs/${log.stack.region}/log.gz`;
    const service = iam.service(
      'delivery.logs.amazonaws.com',
      log.arn('logs', `delivery-source:${log.fingerprint(16)}`),
    );
    const owned = { 's3:x-amz-acl': 'bucket-owner-full-control' };
    demand(world, log.where, iam.judge(service, 's3:GetBucketAcl', bucket));
    demand(world, log.where, iam.judge(service, 's3:PutObject', object, owned));
  }
}
