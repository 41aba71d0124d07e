import type { Context } from 'aws-lambda';
import type { Clients } from '../../../functions/shared/clients.ts';

export interface Call {
  /** Of the command, without that word: `StartInstances`. */
  readonly name: string;
  readonly input: unknown;
}

/** A stub of one service; `send` fits that of every SDK client. */
export interface Service {
  readonly calls: readonly Call[];
  readonly send: never;
}

type Answers = Readonly<Record<string, (input: never) => unknown>>;

/** A service that answers the commands it was given answers for, and refuses all others. */
export function service(answers: Answers = {}): Service {
  const calls: Call[] = [];
  const send = async (command: { readonly input: unknown }): Promise<unknown> => {
    const name = command.constructor.name.replace(/Command$/, '');
    calls.push({ name, input: command.input });
    const answer = answers[name];
    if (!answer) throw new Error(`${name} was not to be called`);
    return answer(command.input as never);
  };
  return { calls, send: send as never };
}

/** Services that a test does not name are not to be called. */
export const clients = (given: Partial<Clients>): Clients => ({
  dynamodb: service(),
  ec2: service(),
  eventbridge: service(),
  kms: service(),
  lambda: service(),
  rds: service(),
  s3: service(),
  sfn: service(),
  sns: service(),
  ssm: service(),
  view: {
    look: () => Promise.reject(new Error('nobody was to look')),
    database: () => Promise.reject(new Error('nobody was to look')),
  },
  answers: { put: () => Promise.reject(new Error('nobody was to be answered')) },
  measures: { put: () => {} },
  ...given,
});

/** An answer: the refusal that AWS words like this. */
export const refuse =
  (name: string, message = `${name}, says AWS`) =>
  (): never => {
    throw awsError(name, message);
  };

export const awsError = (name: string, message: string): Error =>
  Object.assign(new Error(message), { name });

/** What Lambda tells a function about its invocation, as far as we look. */
export const context = {
  functionName: 'orthweb',
  functionVersion: '1',
  memoryLimitInMB: '256',
  awsRequestId: '00000000-0000-0000-0000-000000000000',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-2:111122223333:function:orthweb',
} as Context;

/** Step Functions as it sees the execution that holds the lease. */
export const holder = (status: 'RUNNING' | 'SUCCEEDED' | 'ABORTED', stopDate?: Date): Answers => ({
  DescribeExecution: () => ({ status, stopDate }),
});
