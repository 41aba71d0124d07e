import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { removalOf } from './removal.ts';

export interface StateProps {
  /** Whether the table outlives the stack, and deletion is refused. */
  readonly keepsData: boolean;
}

/**
 * The operations table: intents, lease, overrides, health, incidents and the outbox of alerts.
 *
 * In this stack and not with the operations that write it, because a redeployed operations stack
 * must still know which node was meant to be stopped, and by whom.
 */
export class State extends dynamodb.Table {
  constructor(scope: Construct, id: string, props: StateProps) {
    super(scope, id, {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.keepsData,
      removalPolicy: removalOf(props),
    });
  }
}
