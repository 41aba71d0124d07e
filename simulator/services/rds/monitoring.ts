import { demand } from '../../iam/demand.ts';
import type { Site } from '../../site.ts';

/** What AWS's own policy for such a role allows. */
const ACTIONS = {
  group: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'],
  streams: [
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'logs:DescribeLogStreams',
    'logs:GetLogEvents',
  ],
};

/**
 * RDS writes what a database's operating system measures into one log group of the account, with a
 * role that it takes for that.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSEnhancedMonitoringRole.html
 */
export function demandMonitoring({ world, assembly }: Site): void {
  for (const database of assembly.resources('AWS::RDS::DBInstance')) {
    const role = database.optional('MonitoringRoleArn');
    if (role === undefined) continue;
    const source = assembly.names(database).attributes?.DBInstanceArn;
    world.iam.assertTrusted(String(role), 'monitoring.rds.amazonaws.com', database.where, source);
    const group = database.arn('logs', 'log-group:RDSOSMetrics');
    const stream = `${group}:log-stream:${database.fingerprint(16)}`;
    for (const [on, actions] of [
      [group, ACTIONS.group],
      [stream, ACTIONS.streams],
    ] as const) {
      for (const action of actions) {
        demand(world, database.where, world.iam.refusal(String(role), action, [on], {}));
      }
    }
  }
}
