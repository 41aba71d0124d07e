import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Answers } from './answer.ts';
import type { Measures } from './measures.ts';
import type { View } from './view.ts';

/** Every AWS service our functions call, reached through the SDK client's `send` alone. */
export interface Services {
  readonly dynamodb: Pick<DynamoDBClient, 'send'>;
  readonly ec2: Pick<EC2Client, 'send'>;
  readonly eventbridge: Pick<EventBridgeClient, 'send'>;
  readonly kms: Pick<KMSClient, 'send'>;
  readonly lambda: Pick<LambdaClient, 'send'>;
  readonly rds: Pick<RDSClient, 'send'>;
  readonly s3: Pick<S3Client, 'send'>;
  readonly sfn: Pick<SFNClient, 'send'>;
  readonly sns: Pick<SNSClient, 'send'>;
  readonly ssm: Pick<SSMClient, 'send'>;
}

/**
 * Every way out of a function.
 *
 * A deployed function gets real ones, of services those whose commands it imports
 * (`infra/bundle.ts`); the simulator hands in its own.
 */
export interface Clients extends Services {
  /** Nodes, as a client sees them. */
  readonly view: View;
  /** CloudFormation, where it waits for a resource that a function makes. */
  readonly answers: Answers;
  /** CloudWatch's metrics, by way of the function's log. */
  readonly measures: Measures;
}
