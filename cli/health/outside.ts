import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';

/** All that `health` and `incidents` touch outside their own process. */
export interface HealthOutside {
  readonly cloudformation: Pick<CloudFormationClient, 'send'>;
  readonly dynamodb: Pick<DynamoDBClient, 'send'>;
  readonly lambda: Pick<LambdaClient, 'send'>;
  readonly print: (line: string) => void;
  readonly now: () => Date;
}

/** The real ones, with the credentials of the environment. */
export const outside = (region: string): HealthOutside => ({
  cloudformation: new CloudFormationClient({ region }),
  dynamodb: new DynamoDBClient({ region }),
  lambda: new LambdaClient({ region }),
  print: (line) => process.stdout.write(`${line}\n`),
  now: () => new Date(),
});
