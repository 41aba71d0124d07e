import { setTimeout } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';

/** All that `certificate` touches outside its own process, but for a file that it writes. */
export interface CertificateOutside {
  readonly cloudformation: Pick<CloudFormationClient, 'send'>;
  readonly dynamodb: Pick<DynamoDBClient, 'send'>;
  readonly sfn: Pick<SFNClient, 'send'>;
  readonly ssm: Pick<SSMClient, 'send'>;
  readonly print: (line: string) => void;
  readonly now: () => Date;
  /** Resolves after so many seconds, or at once when the signal is given. */
  readonly pause: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** From now on Ctrl-C gives this signal instead of ending the process. */
  readonly leaving: () => AbortSignal;
}

/** The real ones, with the credentials of the environment. */
export const outside = (region: string): CertificateOutside => ({
  cloudformation: new CloudFormationClient({ region }),
  dynamodb: new DynamoDBClient({ region }),
  sfn: new SFNClient({ region }),
  ssm: new SSMClient({ region }),
  print: (line) => process.stdout.write(`${line}\n`),
  now: () => new Date(),
  pause: async (seconds, signal) => {
    // An aborted wait has nothing to tell that the signal does not.
    await setTimeout(seconds * 1000, undefined, { signal }).catch(() => undefined);
  },
  leaving: () => {
    const leaves = new AbortController();
    process.once('SIGINT', () => leaves.abort());
    return leaves.signal;
  },
});
