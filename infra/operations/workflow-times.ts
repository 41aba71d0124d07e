import { Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { Workflow } from './workflow.ts';

export interface WorkflowTimesProps {
  /** Name of the group, which operators see in the console: that of the workflow. */
  readonly name: string;
  /** What is started at each time. */
  readonly workflow: Workflow;
}

export interface Time {
  /** One sentence, shown in the console. */
  readonly description: string;
  /** Time of day, HH:MM. */
  readonly time: string;
  readonly timeZone: string;
  /** The input of each run. */
  readonly input: object;
}

/** Times of day at which a workflow starts, and the one role that may start it then. */
export class WorkflowTimes extends Construct {
  private readonly workflow: Workflow;
  private readonly group: CfnScheduleGroup;
  private readonly role: Role;
  private readonly policy: Policy;

  constructor(scope: Construct, id: string, { name, workflow }: WorkflowTimesProps) {
    super(scope, id);
    this.workflow = workflow;
    const { partition, region, account } = Stack.of(this);
    this.group = new CfnScheduleGroup(this, 'Group', { name });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/${this.group.ref}`,
          },
        },
      }),
    });
    this.policy = new Policy(this, 'Grants', {
      roles: [this.role],
      statements: [
        new PolicyStatement({
          actions: ['states:StartExecution'],
          resources: [workflow.stateMachine.stateMachineArn],
        }),
      ],
    });
  }

  /** Starts the workflow each day at this time, by the clock of its zone. */
  daily({ description, time, timeZone, input }: Time): void {
    const [hour, minute] = time.split(':').map(Number);
    new CfnSchedule(this, `At${time.replace(':', '')}`, {
      description,
      groupName: this.group.ref,
      scheduleExpression: `cron(${minute} ${hour} * * ? *)`,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.workflow.stateMachine.stateMachineArn,
        roleArn: this.role.roleArn,
        input: JSON.stringify(input),
        // A hint older than 15 minutes is dropped: by then the tick has acted.
        retryPolicy: { maximumEventAgeInSeconds: 900, maximumRetryAttempts: 20 },
      },
    }).node.addDependency(this.policy);
  }
}
