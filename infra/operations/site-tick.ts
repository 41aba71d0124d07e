import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type * as z from 'zod/mini';
import type { Settings as Tick } from '../../functions/site/tick.ts';
import type { Config } from '../config.ts';
import { OperatorFunction } from '../operator-function.ts';
import type { SiteStack } from '../site/site-stack.ts';
import type { Alerts } from './alerts.ts';
import type { Certificate } from './certificate.ts';
import { EachMinute } from './each-minute.ts';
import type { Power } from './power.ts';
import { runsOf } from './workflow.ts';

export interface SiteTickProps {
  readonly config: Config;
  readonly site: SiteStack;
  readonly alerts: Alerts;
  readonly power: Power;
  readonly certificate: Certificate;
}

/** The Lambda that looks at the whole site each minute, and its own watchdog. */
export class SiteTick extends Construct {
  constructor(scope: Construct, id: string, props: SiteTickProps) {
    super(scope, id);
    const { config, site, alerts, power, certificate } = props;
    const machines = [power, certificate].map(
      ({ workflow }) => workflow.stateMachine.stateMachineArn,
    );

    const tick = new OperatorFunction<z.input<typeof Tick>>(this, 'Tick', {
      handler: 'site/tick',
      description: 'Compares wish, record and truth each minute and starts what is missing.',
      settings: {
        SITE: config.site,
        TABLE: site.table.tableName,
        TOPIC: alerts.topic.topicArn,
        DATABASE: site.database.instanceIdentifier,
        PLAN: power.plan,
        POWER: power.workflow.stateMachine.stateMachineArn,
        CERTIFICATE: certificate.workflow.stateMachine.stateMachineArn,
      },
      timeoutSeconds: 50,
      retentionDays: config.logs.retentionDays,
    });
    // The next minute is the retry.
    tick.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    tick.allow('read the site’s state', ['dynamodb:Query'], [site.table.tableArn]);
    tick.allow(
      'sweep the lease, reopen an intent, clear published alerts',
      ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
      [site.table.tableArn],
    );
    tick.allow(
      'notice that AWS has started the database',
      ['rds:DescribeDBInstances'],
      [site.database.instanceArn],
    );
    tick.allow(
      'ask whether the holder of the lease is still running',
      ['states:DescribeExecution'],
      runsOf(this, config),
    );
    tick.allow('start a run on a difference', ['states:StartExecution'], machines);
    alerts.allowPublish(tick);

    new EachMinute(this, 'EachMinute', {
      fn: tick,
      description: 'The site tick.',
      missing: 'The site tick has not run for five minutes: nothing starts what is missing.',
      failing: 'The site tick keeps failing: what it should start or tell may stay undone.',
      runbook: 'tick',
      alerts,
    });

    // A run that ended badly may have left the lease, and one that went well may leave something to
    // the other workflow, which then follows within seconds.
    new Rule(this, 'RunEnded', {
      description: 'A run of a workflow has ended: look now.',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: machines,
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [
        new LambdaFunction(tick.lambda, { maxEventAge: Duration.minutes(15), retryAttempts: 2 }),
      ],
    });
  }
}
