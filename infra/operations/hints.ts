import { Duration, Stack } from 'aws-cdk-lib';
import { type EventPattern, Match, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { OperatorFunction } from '../operator-function.ts';
import type { SiteStack } from '../site/site-stack.ts';
import type { Workflow } from './workflow.ts';

export interface HintsProps {
  readonly site: SiteStack;
  readonly observe: OperatorFunction<never>;
  /** Where hints go that cannot be delivered. */
  readonly deadLetters: IQueue;
  readonly workflows: readonly Workflow[];
}

/** Events of AWS that are worth an early look. None of them is believed: the look reads the truth. */
export class Hints extends Construct {
  constructor(scope: Construct, id: string, props: HintsProps) {
    super(scope, id);
    const { site, observe, deadLetters, workflows } = props;
    const stack = Stack.of(this);
    const { a, b } = site.hosts;
    const hints: Readonly<Record<string, readonly [string, EventPattern]>> = {
      Instance: [
        'A host starts, stops or ends',
        {
          source: ['aws.ec2'],
          detailType: ['EC2 Instance State-change Notification'],
          detail: { 'instance-id': [a.instance.ref, b.instance.ref] },
        },
      ],
      Alarm: [
        'An alarm of the site changes',
        {
          source: ['aws.cloudwatch'],
          detailType: ['CloudWatch Alarm State Change'],
          resources: Match.prefix(
            `arn:${stack.partition}:cloudwatch:${stack.region}:${stack.account}:alarm:${stack.stackName}`,
          ),
        },
      ],
      AwsHealth: [
        'AWS tells of its own trouble, or of what it plans',
        {
          source: ['aws.health'],
          detailType: ['AWS Health Event'],
          detail: { service: ['EC2', 'RDS', 'S3', 'EBS'] },
        },
      ],
      Database: [
        'Something happens to the database',
        {
          source: ['aws.rds'],
          detailType: ['RDS DB Instance Event'],
          detail: { SourceIdentifier: [site.database.instanceIdentifier] },
        },
      ],
      Run: [
        'A run of a workflow has ended',
        {
          source: ['aws.states'],
          detailType: ['Step Functions Execution Status Change'],
          detail: {
            stateMachineArn: workflows.map(({ stateMachine }) => stateMachine.stateMachineArn),
            status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
          },
        },
      ],
    };
    for (const [name, [what, eventPattern]] of Object.entries(hints)) {
      new Rule(this, name, {
        description: `${what}: look now.`,
        eventPattern,
        targets: [
          new LambdaFunction(observe.lambda, {
            deadLetterQueue: deadLetters,
            // An old hint says nothing about now.
            maxEventAge: Duration.minutes(15),
            retryAttempts: 2,
          }),
        ],
      });
    }
  }
}
