import { Duration, Stack } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod/mini';
import type { Settings as Observe } from '../../functions/health/observe.ts';
import type { Settings as Probe } from '../../functions/health/probe.ts';
import type { Config } from '../config.ts';
import { OperatorFunction } from '../operator-function.ts';
import type { SiteStack } from '../site/site-stack.ts';
import { checksPrefix } from '../site/storage.ts';
import type { Alerts } from './alerts.ts';
import type { HostCommands } from './commands.ts';
import { EachMinute } from './each-minute.ts';
import { HealthAlarms } from './health-alarms.ts';
import { Hints } from './hints.ts';
import type { Workflow } from './workflow.ts';

export interface HealthProps {
  readonly config: Config;
  readonly site: SiteStack;
  readonly alerts: Alerts;
  readonly commands: HostCommands;
  /** Their ends are worth a look. */
  readonly workflows: readonly Workflow[];
}

/** Where incidents that are over are written down, in the bucket of logs. */
const RECORDS_PREFIX = 'incidents/';

/** Watches the site: who looks from within, who judges, what hints at trouble, what watches them. */
export class Health extends Construct {
  /** Looks at the site and tells: called each minute, by hints, and by the command line. */
  readonly observe: OperatorFunction<z.input<typeof Observe>>;
  private readonly props: HealthProps;

  constructor(scope: Construct, id: string, props: HealthProps) {
    super(scope, id);
    const { config, site, alerts, workflows } = props;
    this.props = props;
    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.observe = this.observer(this.probe());
    this.observe.lambda.configureAsyncInvoke({
      // The next minute is the retry.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      // CDK's own destination would also let the function read the queue.
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
    this.observe.allow(
      'put aside what it could not work on',
      ['sqs:SendMessage'],
      [deadLetters.queueArn],
    );
    new EachMinute(this, 'EachMinute', {
      fn: this.observe,
      description: 'The look at the site’s health.',
      missing: 'Nobody has looked at the site’s health for five minutes.',
      failing: 'Looking at the site’s health keeps failing: what is wrong may stay untold.',
      runbook: 'health-look',
      alerts,
    });
    new Hints(this, 'Hints', { site, observe: this.observe, deadLetters, workflows });
    new HealthAlarms(this, 'Alarms', { config, site, alerts, deadLetters });
  }

  private probe() {
    const { config, site } = this.props;
    return new OperatorFunction<z.input<typeof Probe>>(this, 'Probe', {
      handler: 'health/probe',
      description: 'Looks at nodes and database from inside the network. Changes nothing.',
      settings: { AE_TITLE: config.dicom.aeTitle },
      timeoutSeconds: 20,
      retentionDays: config.logs.retentionDays,
      inside: { vpc: site.network.vpc, group: site.network.observerGroup },
    });
  }

  private observer(probe: OperatorFunction<z.input<typeof Probe>>) {
    const { config, site, alerts, commands } = this.props;
    const { account, region, partition } = Stack.of(this);
    const { data, logs } = site.storage;
    const { parameter } = site.authority;
    const key = `${checksPrefix}observer`;
    const observe = new OperatorFunction<z.input<typeof Observe>>(this, 'Observe', {
      handler: 'health/observe',
      description: 'Judges what is seen of the site each minute and tells. Touches no host.',
      settings: {
        SITE: config.site,
        TABLE: site.table.tableName,
        TOPIC: alerts.topic.topicArn,
        TIME_ZONE: config.timeZone,
        ACCOUNT: account,
        REGION: region,
        DATABASE: site.database.instanceIdentifier,
        DATABASE_ADDRESS: site.database.dbInstanceEndpointAddress,
        PROBE: probe.lambda.functionName,
        PROBE_DOCUMENT: commands.probe.ref,
        AUTHORITY_PARAMETER: parameter.parameterName,
        IMAGES: data.bucketName,
        IMAGES_KEY: key,
        RECORDS: logs.bucketName,
        RECORDS_PREFIX,
      },
      // Three looks of at most eight seconds, two pauses, and a host's word.
      timeoutSeconds: 90,
      retentionDays: config.logs.retentionDays,
    });
    observe.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    observe.allow(
      'write incidents and alerts, ask for a certificate, and clear what is published',
      ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
      [site.table.tableArn],
    );
    observe.allow(
      'read the database’s status',
      ['rds:DescribeDBInstances'],
      [site.database.instanceArn],
    );
    observe.allowOnAll('EC2 and Systems Manager offer no narrower resource for these reads', [
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceStatus',
      'ssm:DescribeInstanceInformation',
      'ssm:GetCommandInvocation',
      'ssm:ListCommandInvocations',
    ]);
    observe.allow('read whom clients trust', ['ssm:GetParameter'], [parameter.parameterArn]);
    observe.allow(
      'have somebody look from inside the network',
      ['lambda:InvokeFunction'],
      [probe.lambda.functionArn],
    );
    commands.allowSend(observe, [commands.probe]);
    observe.allow(
      // S3 encrypts it with the site key, as SNS does what is published: one right for both.
      'see whether the bucket of images takes an object',
      ['s3:PutObject'],
      [data.arnForObjects(key)],
    );
    observe.allow(
      'write down incidents that are over',
      ['s3:PutObject'],
      [logs.arnForObjects(`${RECORDS_PREFIX}*`)],
    );
    observe.allow(
      'tell programs of incidents',
      ['events:PutEvents'],
      [`arn:${partition}:events:${region}:${account}:event-bus/default`],
      { StringEquals: { 'events:source': 'orthweb' } },
    );
    alerts.allowPublish(observe);
    return observe;
  }
}
