import { Duration, Stack } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { OperatorFunction } from '../operator-function.ts';
import type { Alerts } from './alerts.ts';
import { OperatorAlarm } from './operator-alarm.ts';

export interface EachMinuteProps {
  /** What is called. */
  readonly fn: OperatorFunction<never>;
  /** One sentence, shown in the console. */
  readonly description: string;
  /** What it is to the operator that it is not called, and that it keeps failing: sentences. */
  readonly missing: string;
  readonly failing: string;
  /** Sections of the runbook begin with it: `tick` for `tick-missing` and `tick-errors`. */
  readonly runbook: string;
  readonly alerts: Alerts;
}

/** Calls a function each minute, and watches that it is called and does not keep failing. */
export class EachMinute extends Construct {
  constructor(scope: Construct, id: string, props: EachMinuteProps) {
    super(scope, id);
    const { fn, runbook, alerts } = props;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    const policy = new Policy(this, 'Grants', {
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: [fn.lambda.functionArn],
        }),
      ],
    });
    new CfnSchedule(this, 'Schedule', {
      description: props.description,
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: fn.lambda.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ trigger: 'minute' }),
        // The next minute is the retry.
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
      },
    }).node.addDependency(policy);
    const period = Duration.minutes(5);
    new OperatorAlarm(this, 'Missing', {
      metric: fn.lambda.metricInvocations({ period, statistic: 'Sum' }),
      when: 'below',
      threshold: 1,
      periods: 1,
      // No data is exactly what this alarm is for.
      missing: TreatMissingData.BREACHING,
      meaning: props.missing,
      runbook: `${runbook}-missing`,
      alerts,
    });
    new OperatorAlarm(this, 'Errors', {
      metric: fn.lambda.metricErrors({ period, statistic: 'Sum' }),
      when: 'at least',
      threshold: 3,
      periods: 1,
      missing: TreatMissingData.NOT_BREACHING,
      meaning: props.failing,
      runbook: `${runbook}-errors`,
      alerts,
    });
  }
}
