import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { NODES, type NodeName } from '../../functions/shared/operations-table.ts';
import { loadConfig } from '../../infra/config.ts';
import { columns } from '../../simulator/report/layout.ts';
import { clockOf } from '../../simulator/report/local-time.ts';
import { asking, type Words } from '../deployed.ts';
import { printed } from '../lines.ts';
import { UserError } from '../user-error.ts';
import { type Ending, endingOf, turnsOf } from './course.ts';
import { type CertificateOutside, outside } from './outside.ts';
import { deployedSite, OF_CERTIFICATES } from './site.ts';

export interface RenewOptions {
  readonly config: string;
  /** That one alone. */
  readonly node?: NodeName;
  /** Renew also what is not due. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** Between two looks at the run, in seconds. */
const LOOK_EVERY = 3;

/** For so many looks a run that was started may be unknown. */
const LOOKS_UNTIL_SEEN = 10;

/** Of a shell whose command was ended by Ctrl-C. */
const LEFT = 130;

const OF_START: Words = { ...OF_CERTIFICATES, unanswered: 'AWS does not start the renewal' };
const OF_RUN: Words = {
  ...OF_CERTIFICATES,
  unanswered: 'AWS no longer says how the renewal goes, which goes on by itself',
  otherwise: ', and see how it ended by npm run orthweb -- certificate status.',
};

/**
 * Starts a run of the certificate workflow, and tells what it does until it ends.
 *
 * Returns the process's exit code: 0 if what was wanted has come about, 1 if not, 130 if the person
 * leaves before it is known.
 */
export async function runRenew(
  { config: file, node, force = false, dryRun = false }: RenewOptions,
  connect: (region: string) => CertificateOutside = outside,
): Promise<number> {
  const { site, region, timeZone } = await loadConfig(file);
  const aws = connect(region);
  const wanted = { trigger: 'person', nodes: node ? [node] : NODES, force, dryRun };
  const arn = await asking(() => start(site, region, wanted, aws), OF_START);
  const name = arn.split(':').at(-1) ?? arn;
  aws.print(`The run ${name} of ${site}-certificate has begun. Ctrl-C leaves it going.`);
  const left = aws.leaving();
  const ending = await asking(() => follow(arn, timeZone, left, aws), OF_RUN);
  if (!ending) {
    const lines = printed(
      `The run ${name} goes on. How it ended is said by npm run orthweb -- certificate status.`,
    );
    for (const line of lines) aws.print(line);
    return LEFT;
  }
  for (const line of ending.lines.flatMap(printed)) aws.print(line);
  return ending.good ? 0 : 1;
}

/** The ARN of the execution. */
async function start(
  site: string,
  region: string,
  wanted: object,
  { cloudformation, sfn, now }: CertificateOutside,
): Promise<string> {
  const { id } = await deployedSite(cloudformation, { site, region });
  // arn:aws:cloudformation:ca-central-1:111122223333:stack/clinic/…
  const [, partition, , , account] = id.split(':');
  const stateMachineArn = `arn:${partition}:states:${region}:${account}:stateMachine:${site}-certificate`;
  try {
    const { executionArn = '' } = await sfn.send(
      new StartExecutionCommand({
        stateMachineArn,
        name: `person-${now().toISOString().replace(/[-:.]/g, '')}`,
        input: JSON.stringify(wanted),
      }),
    );
    return executionArn;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StateMachineDoesNotExist') throw error;
    throw new UserError(
      `There is no workflow ${site}-certificate in ${region}: the operations of this site are not ` +
        'deployed, or are from before they renewed certificates. Run npm run deploy.',
    );
  }
}

/** Prints what the run does until it is over; undefined if the person leaves before. */
async function follow(
  executionArn: string,
  timeZone: string,
  left: AbortSignal,
  { sfn, print, pause }: CertificateOutside,
): Promise<Ending | undefined> {
  let last = 0;
  let said = '';
  for (let looks = 1; !left.aborted; looks += 1) {
    try {
      // Asked before the history, so that what the run did last is not missed.
      const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      const { events = [] } = await sfn.send(
        new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 100 }),
      );
      for (const { id, at, state, because = '' } of turnsOf(events, last)) {
        last = id;
        // A run that waits looks again and again, for one and the same reason.
        if (said === (because || state)) continue;
        said = because || state;
        for (const line of columns([clock(at, timeZone), [state, 20]], because)) print(line);
      }
      if (execution.status !== 'RUNNING') return endingOf(execution);
    } catch (error) {
      if (looks > LOOKS_UNTIL_SEEN || !isNotSeen(error)) throw error;
    }
    await pause(LOOK_EVERY, left);
  }
  return undefined;
}

/** Both questions are answered from a copy, to which a new execution comes a little later. */
const isNotSeen = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ExecutionDoesNotExist';

const clock = (at: Date, timeZone: string): [string, number] => [clockOf(at, timeZone), 8];
