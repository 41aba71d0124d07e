import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type * as z from 'zod/mini';
import type { Settings as Act } from '../../functions/power/act.ts';
import type { Settings as Begin } from '../../functions/power/begin.ts';
import type { Settings as Look } from '../../functions/power/look.ts';
import type { Settings as Report } from '../../functions/power/report.ts';
import { parseSchedule, timesOfDay } from '../../functions/power/schedule.ts';
import { type Config, scheduleOf } from '../config.ts';
import { OperatorFunction } from '../operator-function.ts';
import type { SiteStack } from '../site/site-stack.ts';
import type { Alerts } from './alerts.ts';
import type { HostCommands } from './commands.ts';
import { planOf } from './power-plan.ts';
import { alarmOnRuns } from './run-alarms.ts';
import { runsOf, Workflow } from './workflow.ts';
import { WorkflowTimes } from './workflow-times.ts';

export interface PowerProps {
  readonly config: Config;
  readonly site: SiteStack;
  readonly alerts: Alerts;
  readonly commands: HostCommands;
}

/** Stops and starts the site as its schedule says: the workflow, its functions, its triggers. */
export class Power extends Construct {
  readonly workflow: Workflow;
  /** What the functions get as `PLAN`. */
  readonly plan: string;
  private readonly props: PowerProps;

  constructor(scope: Construct, id: string, props: PowerProps) {
    super(scope, id);
    const { config } = props;
    this.props = props;
    this.plan = planOf(config);
    this.workflow = new Workflow(this, 'Workflow', {
      capability: 'power',
      name: `${config.site}-power`,
      functions: {
        PowerBegin: this.begin(),
        PowerLook: this.look(),
        PowerAct: this.act(),
        PowerReport: this.report(),
      },
      retentionDays: config.logs.retentionDays,
    });
    // An hour, so that an outage in which run after run fails is one message.
    alarmOnRuns(this, {
      workflow: this.workflow,
      run: 'A run that stops or starts the site',
      period: Duration.hours(1),
      runbook: 'power-failed',
      alerts: props.alerts,
    });
    this.times();
  }

  /** One schedule for each time of day at which anything may change; the workflow decides what. */
  private times(): void {
    const { config } = this.props;
    const schedule = scheduleOf(config);
    if (!schedule) return;
    const times = new WorkflowTimes(this, 'Times', {
      name: `${config.site}-power`,
      workflow: this.workflow,
    });
    for (const time of timesOfDay(parseSchedule(schedule))) {
      times.daily({
        description: `Something may change at ${time} ${config.timeZone}: look.`,
        time,
        timeZone: config.timeZone,
        input: { trigger: 'schedule', scheduledTime: '<aws.scheduler.scheduled-time>' },
      });
    }
  }

  private begin() {
    const { config, site } = this.props;
    const begin = new OperatorFunction<z.input<typeof Begin>>(this, 'Begin', {
      handler: 'power/begin',
      description: 'Takes the lease and records what is wished, before anything is done.',
      settings: { TABLE: site.table.tableName, PLAN: this.plan },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
    });
    begin.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    begin.allow('write the lease and the intents', ['dynamodb:PutItem'], [site.table.tableArn]);
    begin.allow(
      'ask whether the holder of the lease is still running',
      ['states:DescribeExecution'],
      runsOf(this, config),
    );
    return begin;
  }

  private look() {
    const { config, site } = this.props;
    const look = new OperatorFunction<z.input<typeof Look>>(this, 'Look', {
      handler: 'power/look',
      description: 'Reads nodes, database and hosts and decides the next step. Changes nothing.',
      settings: {
        SITE: config.site,
        TABLE: site.table.tableName,
        DATABASE: site.database.instanceIdentifier,
        PLAN: this.plan,
      },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
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
    return look;
  }

  private act() {
    const { config, site, commands } = this.props;
    const { partition, region, account } = Stack.of(this);
    const { drain, undrain, probe } = commands;
    const act = new OperatorFunction<z.input<typeof Act>>(this, 'Act', {
      handler: 'power/act',
      description: 'Starts, stops, drains and probes, each call guarded by lease and intent.',
      settings: {
        TABLE: site.table.tableName,
        DATABASE: site.database.instanceIdentifier,
        DRAIN_DOCUMENT: drain.ref,
        UNDRAIN_DOCUMENT: undrain.ref,
        PROBE_DOCUMENT: probe.ref,
      },
      timeoutSeconds: 60,
      retentionDays: config.logs.retentionDays,
    });
    act.allow(
      'check lease and intents before each call',
      ['dynamodb:Query'],
      [site.table.tableArn],
    );
    act.allow(
      'start and stop the two hosts',
      ['ec2:StartInstances', 'ec2:StopInstances'],
      [`arn:${partition}:ec2:${region}:${account}:instance/*`],
      {
        StringEquals: { 'aws:ResourceTag/orthweb:site': config.site },
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
    commands.allowSend(act, [drain, undrain, probe]);
    return act;
  }

  private report() {
    const { config, site, alerts } = this.props;
    const report = new OperatorFunction<z.input<typeof Report>>(this, 'Report', {
      handler: 'power/report',
      description: 'Records how a run stands, tells the operator, gives the lease back.',
      settings: {
        SITE: config.site,
        TABLE: site.table.tableName,
        TOPIC: alerts.topic.topicArn,
        PLAN: this.plan,
      },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
    });
    report.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    report.allow(
      'write intents, lease and alerts, and clear what is published',
      ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
      [site.table.tableArn],
    );
    alerts.allowPublish(report);
    return report;
  }
}
