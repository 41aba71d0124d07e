import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface, type ReadLineOptions } from 'node:readline/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSClient } from '@aws-sdk/client-rds';
import { withAssembly } from './assembly.ts';

/** All that `diff` and `deploy` touch outside their own process. */
export interface Outside {
  readonly cloudformation: Pick<CloudFormationClient, 'send'>;
  readonly dynamodb: Pick<DynamoDBClient, 'send'>;
  readonly rds: Pick<RDSClient, 'send'>;
  readonly withAssembly: typeof withAssembly;
  /** Runs the CDK's command line on this terminal, and resolves to its exit code. */
  readonly cdk: (args: readonly string[]) => Promise<number>;
  readonly print: (line: string) => void;
  /** Asks a person, who may leave without an answer; undefined where nobody sits. */
  readonly ask: ((question: string) => Promise<string | undefined>) | undefined;
  readonly now: () => Date;
}

const CDK = path.join(import.meta.dirname, '../node_modules/.bin/cdk');

/** The real ones, with the credentials of the environment. */
export const outside = (region: string): Outside => ({
  cloudformation: new CloudFormationClient({ region }),
  dynamodb: new DynamoDBClient({ region }),
  rds: new RDSClient({ region }),
  withAssembly,
  cdk: runCdk,
  print: (line) => process.stdout.write(`${line}\n`),
  ask: process.stdin.isTTY && process.stdout.isTTY ? (question) => askHere(question) : undefined,
  now: () => new Date(),
});

function runCdk(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    spawn(CDK, args, { stdio: 'inherit' })
      .on('error', reject)
      // Ended by a signal it has no code, and has not succeeded.
      .on('close', (code) => resolve(code ?? 1));
  });
}

/** Ctrl-C and Ctrl-D leave without an answer. */
export async function askHere(
  question: string,
  streams: ReadLineOptions = { input: process.stdin, output: process.stdout },
): Promise<string | undefined> {
  const terminal = createInterface(streams);
  try {
    return await terminal.question(question);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    // The question's line is not ended by these keys.
    streams.output?.write('\n');
    return undefined;
  } finally {
    terminal.close();
  }
}
