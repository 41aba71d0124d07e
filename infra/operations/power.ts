import { Duration, Stack } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type * as z from 'zod/mini';
import type { Settings as Act } from '../../functions/power/act.ts';
import type { Settings as Begin } from '../../functions/power/begin.ts';
import type { Settings as Look } from '../../functions/power/look.ts';
import type { Settings as Report } from '../../functions/power/report.ts';
import type { Config } from '../config.ts';
import type { SiteStack } from '../site/site-stack.ts';
import type { Alerts } from './alerts.ts';
import { HostCommand } from './commands.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import { OperatorFunction } from './operator-function.ts';
import { planOf } from './power-plan.ts';
import { PowerTimes } from './power-times.ts';
import { Workflow } from './workflow.ts';

export interface PowerProps {
  readonly config: Config;
  readonly site: SiteStack;
  readonly alerts: Alerts;
}

/** Stops and starts the site as its schedule says: the workflow, its functions, its triggers. */
export class Power extends Construct {
  readonly workflow: Workflow;
  /** What the functions get as `PLAN`. */
  readonly plan: string;

  constructor(scope: Construct, id: string, props: PowerProps) {
    super(scope, id);
    const { config, site, alerts } = props;
    const { partition, region, account } = Stack.of(this);
    const retentionDays = config.logs.retentionDays;
    const SITE = config.site;
    const TABLE = site.table.tableName;
    const DATABASE = site.database.instanceIdentifier;
    const PLAN = planOf(config);
    this.plan = PLAN;
    const instances = `arn:${partition}:ec2:${region}:${account}:instance/*`;

    const begin = new OperatorFunction<z.input<typeof Begin>>(this, 'Begin', {
      handler: 'power/begin',
      description: 'Takes the lease and records what is wished, before anything is done.',
      settings: { TABLE, PLAN },
      timeoutSeconds: 30,
      retentionDays,
    });
    begin.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    begin.allow('write the lease and the intents', ['dynamodb:PutItem'], [site.table.tableArn]);
    begin.allow(
      'ask whether the holder of the lease is still running',
      ['states:DescribeExecution'],
      [`arn:${partition}:states:${region}:${account}:execution:${SITE}-power:*`],
    );

    const look = new OperatorFunction<z.input<typeof Look>>(this, 'Look', {
      handler: 'power/look',
      description: 'Reads nodes, database and hosts and decides the next step. Changes nothing.',
      settings: { SITE, TABLE, DATABASE, PLAN },
      timeoutSeconds: 30,
      retentionDays,
    });
    look.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    look.allow(
      'read the database’s status',
      ['rds:DescribeDBInstances'],
      [site.database.instanceArn],
    );
    look.allowOnAll('EC2 and Systems Manager offer no narrower resource for these reads', [
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceStatus',
      'ssm:DescribeInstanceInformation',
      'ssm:GetCommandInvocation',
    ]);

    const drain = new HostCommand(this, 'Drain', {
      site: SITE,
      name: 'drain',
      description: 'Lets running transfers finish and takes no new ones.',
      timeoutSeconds: 270,
    });
    const probe = new HostCommand(this, 'Probe', {
      site: SITE,
      name: 'probe',
      description: 'Asks the host what a client would ask. Changes nothing.',
      timeoutSeconds: 30,
    });

    const act = new OperatorFunction<z.input<typeof Act>>(this, 'Act', {
      handler: 'power/act',
      description: 'Starts, stops, drains and probes, each call guarded by lease and intent.',
      settings: {
        TABLE,
        DATABASE,
        DRAIN_DOCUMENT: drain.document.ref,
        PROBE_DOCUMENT: probe.document.ref,
      },
      timeoutSeconds: 60,
      retentionDays,
    });
    act.allow(
      'check lease and intents before each call',
      ['dynamodb:Query'],
      [site.table.tableArn],
    );
    act.allow(
      'start and stop the two hosts',
      ['ec2:StartInstances', 'ec2:StopInstances'],
      [instances],
      {
        StringEquals: { 'aws:ResourceTag/orthweb:site': SITE },
      },
    );
    act.allow(
      'an instance can start only if EC2 may decrypt its volume with the site key',
      ['kms:CreateGrant'],
      [site.key.keyArn],
      {
        StringEquals: { 'kms:ViaService': `ec2.${region}.amazonaws.com` },
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      },
    );
    act.allow(
      'start and stop the database',
      ['rds:StartDBInstance', 'rds:StopDBInstance'],
      [site.database.instanceArn],
    );
    act.allow(
      'send these two documents and no others',
      ['ssm:SendCommand'],
      [drain, probe].map(
        ({ document }) => `arn:${partition}:ssm:${region}:${account}:document/${document.ref}`,
      ),
    );
    act.allow('send them to the two hosts', ['ssm:SendCommand'], [instances], {
      StringEquals: { 'ssm:resourceTag/orthweb:site': SITE },
    });

    const report = new OperatorFunction<z.input<typeof Report>>(this, 'Report', {
      handler: 'power/report',
      description: 'Records how a run stands, tells the operator, gives the lease back.',
      settings: { SITE, TABLE, TOPIC: alerts.topic.topicArn, PLAN },
      timeoutSeconds: 30,
      retentionDays,
    });
    report.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    report.allow(
      'write intents, lease and alerts, and clear what is published',
      ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
      [site.table.tableArn],
    );
    alerts.allowPublish(report);

    this.workflow = new Workflow(this, 'Workflow', {
      capability: 'power',
      name: `${SITE}-power`,
      functions: { PowerBegin: begin, PowerLook: look, PowerAct: act, PowerReport: report },
      retentionDays,
    });
    new OperatorAlarm(this, 'Failed', {
      metric: this.workflow.stateMachine.metricFailed({ period: Duration.minutes(5) }),
      when: 'at least',
      threshold: 1,
      periods: 1,
      // No run in five minutes is the normal case.
      missing: TreatMissingData.NOT_BREACHING,
      meaning: 'A run that stops or starts the site has failed.',
      runbook: 'power-failed',
      alerts,
    });
    new OperatorAlarm(this, 'TimedOut', {
      metric: this.workflow.stateMachine.metricTimedOut({ period: Duration.minutes(5) }),
      when: 'at least',
      threshold: 1,
      periods: 1,
      missing: TreatMissingData.NOT_BREACHING,
      meaning: 'A run that stops or starts the site took longer than 45 minutes.',
      runbook: 'power-failed',
      alerts,
    });
    new PowerTimes(this, 'Times', { config, workflow: this.workflow });
  }
}
