import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { CertificateOutside } from '../../../cli/certificate/outside.ts';
import { CLINIC_CA } from '../../support/certificates.ts';
import { awsError, service } from './clients.ts';
import { memoryTable, TABLE } from './table.ts';
import { at } from './time.ts';

/** The account of the clinic, as `certificate` finds it. */
export interface CertificateAccount {
  /** Whether the site is deployed; it is unless told otherwise. */
  readonly stack?: boolean;
  /** What the parameter of the authorities holds; undefined where it is not there. */
  readonly parameter?: string | undefined;
  /** Items of the operations table, by key. */
  readonly items?: Readonly<Record<string, object>>;
  /** What the run comes to, at one look after the other; the last look shows its end. */
  readonly looks?: readonly Look[];
  /** What AWS answers to everything instead. */
  readonly refusal?: Error;
  /** What Step Functions answers instead of starting a run. */
  readonly refusalOfStart?: Error;
  /** At which look the person presses Ctrl-C. */
  readonly leavesAt?: number;
  readonly now?: Date;
}

/** What Step Functions says of a run at one moment. */
export interface Look {
  /** What Step Functions answers instead. */
  readonly refusal?: Error;
  readonly status?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  /** The newest first. */
  readonly events?: readonly HistoryEvent[];
}

/** The outside of `certificate` in memory, with what was printed, asked and waited for. */
export function certificateAccount(account: CertificateAccount = {}) {
  const { items = {}, looks = [], leavesAt, now = at('20:00') } = account;
  const printed: string[] = [];
  const pauses: number[] = [];
  const regions: string[] = [];
  const leaves = new AbortController();
  let look = -1;
  const answering =
    <I, O>(answer: (input: I) => O) =>
    (input: I): O => {
      if (account.refusal) throw account.refusal;
      return answer(input);
    };
  const cloudformation = service({
    DescribeStacks: answering(({ StackName }: { StackName: string }) => {
      if (account.stack === false) {
        throw awsError('ValidationError', `Stack with id ${StackName} does not exist`);
      }
      const StackId = `arn:aws:cloudformation:ca-central-1:111122223333:stack/${StackName}/0`;
      const Outputs = [{ OutputKey: 'OperationsTable', OutputValue: TABLE }];
      return { Stacks: [{ StackName, StackId, StackStatus: 'UPDATE_COMPLETE', Outputs }] };
    }),
  });
  const ssm = service({
    GetParameter: answering(({ Name }: { Name: string }) => {
      const Value = 'parameter' in account ? account.parameter : CLINIC_CA;
      if (Value === undefined || Name !== '/orthweb/clinic/ca') {
        throw awsError('ParameterNotFound', 'UnknownError');
      }
      return { Parameter: { Name, Value } };
    }),
  });
  const sfn = service({
    StartExecution: answering(({ stateMachineArn, name }: Record<string, string>) => {
      if (account.refusalOfStart) throw account.refusalOfStart;
      const machine = stateMachineArn?.replace('stateMachine', 'execution');
      return { executionArn: `${machine}:${name}` };
    }),
    DescribeExecution: answering(() => {
      look += 1;
      if (look === leavesAt) leaves.abort();
      const { refusal, ...seen } = looks[look] ?? {};
      if (refusal) throw refusal;
      return { status: 'RUNNING', ...seen };
    }),
    GetExecutionHistory: answering(({ reverseOrder }: { reverseOrder?: boolean }) => {
      if (!reverseOrder) throw new Error('the first page would be all that is ever seen');
      return { events: looks[look]?.events ?? [] };
    }),
  });
  const connect = (region: string): CertificateOutside => {
    regions.push(region);
    return {
      cloudformation,
      dynamodb: memoryTable(items),
      sfn,
      ssm,
      print: (line) => printed.push(line),
      now: () => now,
      pause: async (seconds, signal) => {
        if (look > 100) throw new Error('nobody waits for this to end');
        if (!signal.aborted) pauses.push(seconds);
      },
      leaving: () => leaves.signal,
    };
  };
  return { connect, printed, pauses, regions, started: sfn.calls };
}
