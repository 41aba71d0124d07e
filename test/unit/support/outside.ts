import type { Outside } from '../../../cli/outside.ts';
import { CLINIC } from '../../support/clinic.ts';
import { awsError, service } from './clients.ts';
import { assemblyOf } from './stacks.ts';
import { at } from './time.ts';

/** What stands in the account: templates by stack name, and RDS's word for the database. */
export interface Account {
  readonly stacks?: Readonly<Record<string, object>>;
  readonly database?: string;
  /** How much storage it has, in GiB. */
  readonly storageGiB?: number;
  /** The items of the operations table. */
  readonly items?: readonly object[];
  /** Of both stacks, or by name. */
  readonly stackStatus?: string | Readonly<Record<string, string>>;
  /** What AWS answers to everything instead. */
  readonly refusal?: Error;
  /** What a person types, who `leaves` without an answer; undefined where nobody sits. */
  readonly typed?: string;
  readonly cdkEnds?: number;
}

const OPERATIONS_TABLE = { OutputKey: 'OperationsTable', OutputValue: 'Orthweb-State' };

/** What the configuration of the clinic comes to. */
const assembly = assemblyOf(CLINIC);

/** The outside of `diff` and `deploy` in memory, with what they printed, asked and ran. */
export function standIn({ typed, cdkEnds = 0, ...account }: Account = {}) {
  const printed: string[] = [];
  const asked: string[] = [];
  const ran: string[][] = [];
  const regions: string[] = [];
  const stackOf = (name: string): object => {
    if (account.refusal) throw account.refusal;
    const template = account.stacks?.[name];
    if (!template) throw awsError('ValidationError', `Stack with id ${name} does not exist`);
    return template;
  };
  const cloudformation = service({
    DescribeStacks: ({ StackName }: { StackName: string }) => {
      stackOf(StackName);
      const { stackStatus = {} } = account;
      const StackStatus =
        typeof stackStatus === 'string'
          ? stackStatus
          : (stackStatus[StackName] ?? 'UPDATE_COMPLETE');
      return { Stacks: [{ StackName, StackStatus, Outputs: [OPERATIONS_TABLE] }] };
    },
    GetTemplate: ({ StackName, TemplateStage }: { StackName: string; TemplateStage: string }) => {
      if (TemplateStage !== 'Original') throw new Error('only the original names construct paths');
      const body = JSON.stringify(stackOf(StackName));
      return { TemplateBody: body.replace(/[^\x20-\x7f]/g, '?') };
    },
  });
  const rds = service({
    DescribeDBInstances: () => {
      const { database } = account;
      if (!database) throw awsError('DBInstanceNotFoundFault', 'DBInstance clinic not found.');
      const { storageGiB: AllocatedStorage = 30 } = account;
      return { DBInstances: [{ DBInstanceStatus: database, AllocatedStorage }] };
    },
  });
  const dynamodb = service({ Query: () => ({ Items: account.items ?? [] }) });
  const connect = (region: string): Outside => {
    regions.push(region);
    return {
      cloudformation,
      dynamodb,
      rds,
      withAssembly: (_config, use) => use(assembly),
      cdk: async (args) => {
        ran.push([...args]);
        return cdkEnds;
      },
      print: (line) => printed.push(line),
      ask:
        typed === undefined
          ? undefined
          : async (question) => {
              asked.push(question);
              return typed === 'leaves' ? undefined : typed;
            },
      now: () => at('20:00'),
    };
  };
  return { connect, printed, asked, ran, regions, calls: cloudformation.calls };
}
