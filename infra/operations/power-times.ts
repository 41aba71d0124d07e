import { Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { parseSchedule, timesOfDay } from '../../functions/power/schedule.ts';
import { type Config, scheduleOf } from '../config.ts';
import type { Workflow } from './workflow.ts';

export interface PowerTimesProps {
  readonly config: Config;
  /** What is started at each time. */
  readonly workflow: Workflow;
}

/** One schedule for each time of day at which anything may change; the workflow decides what. */
export class PowerTimes extends Construct {
  constructor(scope: Construct, id: string, { config, workflow }: PowerTimesProps) {
    super(scope, id);
    const input = scheduleOf(config);
    if (!input) return;
    const { partition, region, account } = Stack.of(this);
    const group = new CfnScheduleGroup(this, 'Group', { name: `${config.site}-power` });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/${group.ref}`,
          },
        },
      }),
    });
    const policy = new Policy(this, 'Grants', {
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: ['states:StartExecution'],
          resources: [workflow.stateMachine.stateMachineArn],
        }),
      ],
    });
    for (const time of timesOfDay(parseSchedule(input))) {
      const [hour, minute] = time.split(':').map(Number);
      new CfnSchedule(this, `At${time.replace(':', '')}`, {
        description: `Something may change at ${time} ${input.timeZone}: look.`,
        groupName: group.ref,
        scheduleExpression: `cron(${minute} ${hour} * * ? *)`,
        scheduleExpressionTimezone: input.timeZone,
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: workflow.stateMachine.stateMachineArn,
          roleArn: role.roleArn,
          input: JSON.stringify({
            trigger: 'schedule',
            scheduledTime: '<aws.scheduler.scheduled-time>',
          }),
          // A hint older than 15 minutes is dropped: by then the tick has acted.
          retryPolicy: { maximumEventAgeInSeconds: 900, maximumRetryAttempts: 20 },
        },
      }).node.addDependency(policy);
    }
  }
}
