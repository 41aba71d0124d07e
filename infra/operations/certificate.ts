import { Duration, Stack } from 'aws-cdk-lib';
import { type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type * as z from 'zod/mini';
import type { Settings as Act } from '../../functions/certificate/act.ts';
import type { Settings as Begin } from '../../functions/certificate/begin.ts';
import type { Settings as Look } from '../../functions/certificate/look.ts';
import type { Settings as Report } from '../../functions/certificate/report.ts';
import type { Settings as Sign } from '../../functions/certificate/sign.ts';
import type { Settings as Verify } from '../../functions/certificate/verify.ts';
import type { Config } from '../config.ts';
import { OperatorFunction } from '../operator-function.ts';
import type { SiteStack } from '../site/site-stack.ts';
import type { Alerts } from './alerts.ts';
import type { HostCommands } from './commands.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import { alarmOnRuns } from './run-alarms.ts';
import { runsOf, Workflow } from './workflow.ts';
import { WorkflowTimes } from './workflow-times.ts';

export interface CertificateProps {
  readonly config: Config;
  readonly site: SiteStack;
  readonly alerts: Alerts;
  readonly commands: HostCommands;
}

/** Renews the nodes' certificates and proves what is served: workflow, functions, triggers, alarms. */
export class Certificate extends Construct {
  readonly workflow: Workflow;
  private readonly props: CertificateProps;

  constructor(scope: Construct, id: string, props: CertificateProps) {
    super(scope, id);
    const { config } = props;
    this.props = props;
    const name = `${config.site}-certificate`;
    this.workflow = new Workflow(this, 'Workflow', {
      capability: 'certificate',
      name,
      functions: {
        CertificateBegin: this.begin(),
        CertificateLook: this.look(),
        CertificateAct: this.act(),
        CertificateSign: this.sign(),
        CertificateVerify: this.verify(),
        CertificateReport: this.report(),
      },
      retentionDays: config.logs.retentionDays,
    });
    new WorkflowTimes(this, 'Times', { name, workflow: this.workflow }).daily({
      description: 'The daily look at what the nodes serve.',
      // Noon: within the hours of most schedules, and somebody is at work when it fails.
      time: '12:00',
      timeZone: config.timeZone,
      input: { trigger: 'daily' },
    });
    this.alarmsOfRuns();
    this.alarmsOfDays();
  }

  private begin() {
    const { config, site } = this.props;
    const { parameter, keys } = site.authority;
    const begin = new OperatorFunction<z.input<typeof Begin>>(this, 'Begin', {
      handler: 'certificate/begin',
      description: 'Takes the lease and reads who signs and whom clients trust.',
      settings: {
        TABLE: site.table.tableName,
        AUTHORITY_PARAMETER: parameter.parameterName,
        AUTHORITIES: JSON.stringify(keys.map(({ number }) => number)),
      },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
    });
    begin.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    begin.allow('write the lease', ['dynamodb:PutItem'], [site.table.tableArn]);
    begin.allow(
      'ask whether the holder of the lease is still running',
      ['states:DescribeExecution'],
      runsOf(this, config),
    );
    begin.allow(
      'read the certificates of the authorities',
      ['ssm:GetParameter'],
      [parameter.parameterArn],
    );
    return begin;
  }

  private look() {
    const { config, site } = this.props;
    const look = new OperatorFunction<z.input<typeof Look>>(this, 'Look', {
      handler: 'certificate/look',
      description: 'Reads hosts and what they answered and decides the next step. Changes nothing.',
      settings: { SITE: config.site, TABLE: site.table.tableName },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
    });
    look.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    look.allowOnAll('EC2 and Systems Manager offer no narrower resource for these reads', [
      'ec2:DescribeInstances',
      'ssm:DescribeInstanceInformation',
      'ssm:GetCommandInvocation',
    ]);
    return look;
  }

  private act() {
    const { config, site, commands } = this.props;
    const { probe, certificateRequest, certificateInstall, certificateRollback } = commands;
    const act = new OperatorFunction<z.input<typeof Act>>(this, 'Act', {
      handler: 'certificate/act',
      description:
        'Has hosts request, install and take back, each call guarded by lease and intent.',
      settings: {
        TABLE: site.table.tableName,
        PROBE_DOCUMENT: probe.ref,
        REQUEST_DOCUMENT: certificateRequest.ref,
        INSTALL_DOCUMENT: certificateInstall.ref,
        ROLLBACK_DOCUMENT: certificateRollback.ref,
      },
      timeoutSeconds: 50,
      retentionDays: config.logs.retentionDays,
    });
    act.allow(
      'check lease and intents before each call',
      ['dynamodb:Query'],
      [site.table.tableArn],
    );
    act.allow(
      'record which run is at a certificate before its first call on the host',
      ['dynamodb:PutItem'],
      [site.table.tableArn],
    );
    commands.allowSend(act, [probe, certificateRequest, certificateInstall, certificateRollback]);
    return act;
  }

  private sign() {
    const { config, site, commands } = this.props;
    const keys = site.authority.keys.map(({ number, key }) => ({ number, key: key.keyArn }));
    const sign = new OperatorFunction<z.input<typeof Sign>>(this, 'Sign', {
      handler: 'certificate/sign',
      description: 'Has an authority sign for the host that asked, with names that EC2 gives.',
      settings: {
        SITE: config.site,
        REQUEST_DOCUMENT: commands.certificateRequest.ref,
        AUTHORITIES: Stack.of(this).toJsonString(keys),
      },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
    });
    sign.allowOnAll('EC2 and Systems Manager offer no narrower resource for these reads', [
      'ec2:DescribeInstances',
      'ssm:GetCommandInvocation',
    ]);
    sign.allow(
      'have an authority sign',
      ['kms:Sign'],
      keys.map(({ key }) => key),
    );
    return sign;
  }

  private verify() {
    const { config, site } = this.props;
    return new OperatorFunction<z.input<typeof Verify>>(this, 'Verify', {
      handler: 'certificate/verify',
      description: 'Looks at the nodes from inside the network as a client does. Changes nothing.',
      settings: { AE_TITLE: config.dicom.aeTitle },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
      inside: { vpc: site.network.vpc, group: site.network.observerGroup },
    });
  }

  private report() {
    const { config, site, alerts } = this.props;
    const report = new OperatorFunction<z.input<typeof Report>>(this, 'Report', {
      handler: 'certificate/report',
      description: 'Records how a run stands, tells the operator, gives the lease back.',
      settings: {
        SITE: config.site,
        TABLE: site.table.tableName,
        TOPIC: alerts.topic.topicArn,
        TIME_ZONE: config.timeZone,
      },
      timeoutSeconds: 30,
      retentionDays: config.logs.retentionDays,
    });
    report.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    report.allow(
      'write records, lease and alerts, and clear what is published',
      ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
      [site.table.tableArn],
    );
    alerts.allowPublish(report);
    return report;
  }

  private alarmsOfRuns(): void {
    const { alerts } = this.props;
    // A day: a renewal that fails is tried each day, and is one message for as long as it does.
    alarmOnRuns(this, {
      workflow: this.workflow,
      run: 'A run that looks after the certificates',
      period: Duration.days(1),
      runbook: 'certificate-failed',
      alerts,
    });
    new OperatorAlarm(this, 'Unchecked', {
      metric: this.workflow.stateMachine.metricSucceeded({ period: Duration.hours(6) }),
      when: 'below',
      threshold: 1,
      // Two days: one check may be lost, and the tick sees to it that the next is not.
      periods: 8,
      // No data is exactly what this alarm is for.
      missing: TreatMissingData.BREACHING,
      meaning: 'Nobody has looked at the certificates for 48 hours.',
      runbook: 'certificate-unchecked',
      alerts,
    });
  }

  private alarmsOfDays(): void {
    const { config, alerts } = this.props;
    const lowest = (metricName: string): IMetric =>
      new Metric({
        namespace: 'Orthweb',
        metricName,
        dimensionsMap: { Site: config.site },
        statistic: 'Minimum',
        // No longer than the pause between two tries: what the second mends must not count as the
        // first saw it, until the next day.
        period: Duration.minutes(5),
      });
    const few = (id: string, metric: IMetric, days: number, runbook: string, meaning: string) =>
      new OperatorAlarm(this, id, {
        metric,
        when: 'below',
        threshold: days,
        periods: 1,
        // There is a number once a day. Between two the last one holds, and if none comes any more,
        // that is an alarm of its own.
        missing: TreatMissingData.IGNORE,
        meaning,
        runbook,
        alerts,
      });
    const left = lowest('CertificateDaysLeft');
    few(
      'Overdue',
      left,
      14,
      'certificate-overdue',
      'A certificate that should have been renewed with 30 days left has less than 14.',
    );
    few(
      'Expiring',
      left,
      7,
      'certificate-expiring',
      'A certificate runs out in less than 7 days, and clients will be turned away.',
    );
    few(
      'AuthorityExpiring',
      lowest('AuthorityDaysLeft'),
      180,
      'authority-expiring',
      'The certificate of an authority runs out in less than 180 days.',
    );
  }
}
