import { GetParameterCommand } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { InvalidInput } from '../shared/errors.ts';
import { lambda } from '../shared/lambda.ts';
import { judgeLease, readHolder } from '../shared/lease.ts';
import {
  commit,
  fenceFor,
  isResting,
  readSite,
  type SiteState,
  taken,
} from '../shared/operations-table.ts';
import { authoritiesIn } from './authorities.ts';
import { type Authority, Run, Wanted } from './run.ts';

const Input = z.object({
  execution: z.string(),
  startedAt: z.string(),
  /** The execution's own input; after a wait for the lease, what this function answered before. */
  state: z.unknown(),
});
export const Settings = z.object({
  TABLE: z.string(),
  /** Name of the parameter that holds the site's authorities, PEM. */
  AUTHORITY_PARAMETER: z.string(),
  /** Their numbers in the configuration, in the order of the parameter, as JSON: `[1,2]`. */
  AUTHORITIES: z.string(),
});

/**
 * Takes the site's lease before anything is looked at or done.
 *
 * Answers `leave` when there is nothing to look at, another certificate run is at it, or another
 * workflow has kept the lease for ten minutes: the site tick comes back to it. `wait` while another
 * workflow holds it.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ execution, startedAt, state }, { settings, clients }): Promise<Run> => {
    const table = { client: clients.dynamodb, name: settings.TABLE };
    const now = new Date();
    const site = await readSite(table);
    const wanted = withoutResting(wantedIn(state), site, now);
    const { lease } = site;
    const holder = await readHolder(clients.sfn, lease.value);
    const verdict = judgeLease(lease.value, execution, holder, now);
    const fence = fenceFor(execution, lease.value);
    const run = newRun({ execution, startedAt, wanted, fence, now });

    const running = wanted.nodes.filter((node) => site.intents[node]?.value.wish === 'running');
    if (running.length === 0) {
      const because =
        wanted.nodes.length === 0
          ? 'a renewal that failed rests until its next try'
          : 'no node is meant to run now';
      return { ...run, next: 'leave', because };
    }
    if (verdict.state === 'held') {
      const waited = secondsBetween(startedAt, now);
      const twin = lease.value.purpose === 'certificate' && holder.status === 'running';
      const next = twin || waited >= CLOCKS.leaseWait ? 'leave' : 'wait';
      return { ...run, next, because: verdict.reason };
    }
    await commit(table, [taken(lease, { execution, purpose: 'certificate' }, now)]);
    // After the lease: a run that fails here has had its turn, and the tick pauses.
    const authorities = authoritiesIn(
      await readParameter(settings.AUTHORITY_PARAMETER),
      JSON.parse(settings.AUTHORITIES) as number[],
    );
    const because = `${wanted.trigger}: certificates are looked at`;
    return { ...run, authorities, next: 'look', because };

    async function readParameter(Name: string): Promise<string> {
      const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name }));
      return Parameter?.Value ?? '';
    }
  },
);

/**
 * A node whose renewal has just failed is left alone until its pause is over, so that its peer has a
 * turn; a person may ask for it all the same.
 */
const withoutResting = (wanted: Wanted, { certificates }: SiteState, now: Date): Wanted =>
  wanted.trigger === 'person'
    ? wanted
    : {
        ...wanted,
        nodes: wanted.nodes.filter((node) => !isResting(certificates[node]?.value, now)),
      };

/** Throws `InvalidInput`, naming the field, on an input that is not one of ours. */
function wantedIn(state: unknown): Wanted {
  const before = z.safeParse(z.object({ run: Run }), state);
  if (before.success) return before.data.run.wanted;
  const wanted = z.safeParse(Wanted, state);
  if (wanted.success) return wanted.data;
  const [issue] = wanted.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const field = [...(issue?.path ?? []), ...unknown].join('.') || '(whole)';
  throw new InvalidInput(
    `input: ${field}: ${issue?.message}. Write ` +
      '{ "nodes": ["a"], "force": true, "dryRun": true }, each of them optional.',
  );
}

function newRun(about: {
  readonly execution: string;
  readonly startedAt: string;
  readonly wanted: Wanted;
  readonly fence: number;
  readonly now: Date;
}): Run {
  const authorities: Authority[] = [];
  return {
    execution: about.execution,
    fence: about.fence,
    wanted: about.wanted,
    authorities,
    // The workflow's own time-out counts from here, a wait for the lease included.
    beganAt: about.startedAt,
    progress: { commands: {}, inspections: {}, seen: {}, addresses: {}, renewed: {} },
    next: 'wait',
    seconds: 0,
    steps: [],
    targets: [],
    because: '',
    seenAt: about.now.toISOString(),
  };
}
