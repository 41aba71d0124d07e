import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { readDatabase } from '../power/database.ts';
import type { Clients } from '../shared/clients.ts';
import {
  type InstanceTruth,
  readChecks,
  readInstances,
  readOnline,
  runningOf,
  type StatusChecks,
} from '../shared/instances.ts';
import type { NodeName } from '../shared/operations-table.ts';

/** What AWS's own APIs say of the site, each part absent where it gave no answer. */
export interface Survey {
  readonly instances?: Readonly<Record<NodeName, InstanceTruth>>;
  readonly checks?: ReadonlyMap<string, StatusChecks>;
  readonly online?: ReadonlySet<string>;
  readonly database?: string;
  /** Authorities that clients trust, PEM. */
  readonly authorities?: string;
  /** What was not answered, each as a sentence. */
  readonly unanswered: readonly string[];
}

/** Reads it all at once; a service that does not answer keeps nobody from the others. */
export async function readSurvey(
  { ec2, rds, ssm }: Pick<Clients, 'ec2' | 'rds' | 'ssm'>,
  settings: {
    readonly SITE: string;
    readonly DATABASE: string;
    readonly AUTHORITY_PARAMETER: string;
  },
): Promise<Survey> {
  const unanswered: string[] = [];
  const asking = async <T>(service: string, question: Promise<T>): Promise<T | undefined> => {
    try {
      return await question;
    } catch (error) {
      unanswered.push(`${service}: ${error instanceof Error ? error.name : error}`);
      return undefined;
    }
  };
  const ofInstances = async () => {
    const instances = await asking('EC2', readInstances(ec2, settings.SITE));
    if (!instances) return {};
    const running = runningOf(instances);
    const [checks, online] = await Promise.all([
      asking('EC2 status checks', readChecks(ec2, running)),
      asking('Systems Manager', readOnline(ssm, running)),
    ]);
    return { instances, ...(checks && { checks }), ...(online && { online }) };
  };
  const [ofEc2, database, authorities] = await Promise.all([
    ofInstances(),
    asking('RDS', readDatabase(rds, settings.DATABASE)),
    asking('Systems Manager (authorities)', readAuthorities()),
  ]);
  return {
    ...ofEc2,
    ...(database && { database }),
    ...(authorities && { authorities }),
    unanswered: unanswered.sort(),
  };

  async function readAuthorities(): Promise<string> {
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: settings.AUTHORITY_PARAMETER }),
    );
    return Parameter?.Value ?? '';
  }
}
