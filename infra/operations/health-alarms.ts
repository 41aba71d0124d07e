import { Duration } from 'aws-cdk-lib';
import { type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { SiteStack } from '../site/site-stack.ts';
import type { Alerts } from './alerts.ts';
import { OperatorAlarm } from './operator-alarm.ts';

export interface HealthAlarmsProps {
  readonly config: Config;
  readonly site: SiteStack;
  readonly alerts: Alerts;
  readonly deadLetters: IQueue;
}

const GIB = 1024 ** 3;

/** What CloudWatch itself sees of hosts and database: a second witness, which needs no code of ours. */
export class HealthAlarms extends Construct {
  constructor(scope: Construct, id: string, props: HealthAlarmsProps) {
    super(scope, id);
    const { config, site, alerts, deadLetters } = props;
    const minutes = (period: number) => Duration.minutes(period);

    for (const { name, instance } of [site.hosts.a, site.hosts.b]) {
      const node = name.toUpperCase();
      const check = (which: string): IMetric =>
        new Metric({
          namespace: 'AWS/EC2',
          metricName: `StatusCheckFailed_${which}`,
          dimensionsMap: { InstanceId: instance.ref },
          statistic: 'Maximum',
          period: minutes(1),
        });
      const checks = {
        System: 'the hardware below it fails',
        Instance: 'its operating system does not answer',
        AttachedEBS: 'it does not reach its disk',
      };
      for (const [which, what] of Object.entries(checks)) {
        new OperatorAlarm(this, `${which}${node}`, {
          metric: check(which),
          when: 'at least',
          threshold: 1,
          periods: 2,
          // A host that is stopped by plan has no status checks: then nothing is known, and nothing said.
          missing: TreatMissingData.MISSING,
          meaning: `AWS says of node ${name}: ${what}.`,
          runbook: 'status-check',
          alerts,
        });
      }
      new OperatorAlarm(this, `Disk${node}`, {
        metric: new Metric({
          namespace: 'Orthweb',
          metricName: 'DiskUsedPercent',
          dimensionsMap: { Site: config.site, Node: name },
          statistic: 'Maximum',
          period: minutes(5),
        }),
        when: 'at least',
        threshold: 85,
        periods: 1,
        // There is a number once an hour, and none while the host is stopped.
        missing: TreatMissingData.IGNORE,
        meaning: `The disk of node ${name} is more than 85 % full.`,
        runbook: 'disk',
        alerts,
      });
    }

    const database = (metricName: string, statistic: string): IMetric =>
      new Metric({
        namespace: 'AWS/RDS',
        metricName,
        dimensionsMap: { DBInstanceIdentifier: site.database.instanceIdentifier },
        statistic,
        period: minutes(5),
      });
    new OperatorAlarm(this, 'DatabaseStorage', {
      metric: database('FreeStorageSpace', 'Minimum'),
      when: 'below',
      threshold: 2 * GIB,
      periods: 1,
      missing: TreatMissingData.MISSING,
      meaning: 'The database has less than 2 GiB left.',
      runbook: 'database-storage',
      alerts,
    });
    new OperatorAlarm(this, 'DatabaseConnections', {
      metric: database('DatabaseConnections', 'Maximum'),
      when: 'at least',
      threshold: CONNECTIONS,
      periods: 3,
      missing: TreatMissingData.MISSING,
      meaning: `More than ${CONNECTIONS} connections to the database are open: two nodes need 40.`,
      runbook: 'database-connections',
      alerts,
    });
    new OperatorAlarm(this, 'DeadLetters', {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: minutes(5),
        statistic: 'Maximum',
      }),
      when: 'at least',
      threshold: 1,
      periods: 1,
      // A queue that nobody has used for hours says nothing.
      missing: TreatMissingData.NOT_BREACHING,
      meaning: 'A hint at trouble could not be worked on. The minute’s look does without it.',
      runbook: 'dead-letters',
      alerts,
    });
  }
}

/**
 * Each Orthanc keeps 20 connections (`compose/orthanc/orthanc.json`): beyond 60 somebody else is
 * connected, or some are not let go. The smallest instance takes about 85: its memory of 1 GiB, less
 * what the system needs, by 9,531,392 bytes.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
 */
const CONNECTIONS = 60;
