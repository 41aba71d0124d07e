import { localTime } from '../functions/power/schedule.ts';
import { type PowerPlan, wishes } from '../functions/power/wishes.ts';
import { itemOf, type Override } from '../functions/shared/operations-table.ts';

/** The site as a deployment finds it. */
export interface Found {
  readonly site: string;
  readonly region: string;
  readonly timeZone: string;
  /** Whether a stack has the database, if there is one. */
  readonly made: boolean;
  /** RDS's word for the status of the database, or `missing`. */
  readonly database: string;
  /** How much storage the database has, and how much the configuration wants, in GiB. */
  readonly storage: { readonly has: number; readonly wants: number };
  /** Of the operations that are deployed; undefined while nothing operates the site. */
  readonly operated: Operated | undefined;
}

export interface Operated {
  /** Name of the operations table. */
  readonly table: string;
  /** By which the site is stopped now; undefined if this version does not read it. */
  readonly plan: PowerPlan | undefined;
  readonly override: Override | undefined;
}

/**
 * In which RDS takes a change, or CloudFormation waits until it does. In all others a deployment
 * fails half-way: CloudFormation modifies the database for as little as a new tag.
 *
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
 */
const TAKES_CHANGES = new Set(['available', 'backing-up', 'modifying', 'storage-optimization']);

/** Statuses that stay until a person does something. */
const STAYS = /^(incompatible-.*|inaccessible-.*|failed|restore-error|storage-full)$/;

/** How long the site is held open for a deployment: a start and a change of class fit into it. */
const HELD_OPEN_MS = 2 * 3_600_000;

/** How long before the database stops a deployment may no longer begin. */
const LONGEST_MS = 3_600_000;

const SEE = 'See docs/runbook.md#deploy-refused.';

/**
 * What the CloudFormation console offers for a stack in which something failed.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
 */
const WAYS_OUT: Readonly<Record<string, string>> = {
  UPDATE_ROLLBACK_FAILED: 'Mend that, then choose Stack actions, Continue update rollback.',
  UPDATE_FAILED: 'Choose Roll back.',
  ROLLBACK_FAILED: 'Mend that, then choose Delete: it was never finished.',
  DELETE_FAILED: 'Mend that, then choose Delete.',
};

/**
 * A first deployment that failed and left what it had made: another one goes on with it.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
 */
export const UNFINISHED = 'CREATE_FAILED';

/** Why no deployment may touch these stacks now, line by line; undefined if it may. */
export function refusalOfStacks(
  stacks: readonly { readonly name: string; readonly status: string }[],
): readonly string[] | undefined {
  for (const { name, status } of stacks) {
    if (status.endsWith('_IN_PROGRESS')) {
      return [
        `Refused: the stack ${name} is being changed now (${status}).`,
        'Wait until the CloudFormation console shows an end, then try again.',
        SEE,
      ];
    }
    if (status.endsWith('_FAILED') && status !== UNFINISHED) {
      return [
        `Refused: the stack ${name} is ${status}, and AWS changes no such stack.`,
        `Its events in the CloudFormation console say why. ${WAYS_OUT[status] ?? 'Mend that.'}`,
        SEE,
      ];
    }
  }
  return undefined;
}

/** Why a deployment may not begin, and what to do, line by line; undefined if it may. */
export function refusalOfDatabase(found: Found, now: Date): readonly string[] | undefined {
  const { site, region, made, database, storage, operated } = found;
  if (database === 'missing') return undefined;
  if (!made) {
    return [
      `Refused: a database ${site} exists already, and no stack has it: a production site of this ` +
        'name was deleted and kept it, or a first deployment failed and left it.',
      'If it holds nothing that you need, lift its deletion protection and delete it, with a final ' +
        'snapshot. Otherwise write another name in site.',
      SEE,
    ];
  }
  if (storage.has > storage.wants) {
    return [
      `Refused: the database ${site} has grown by itself to ${storage.has} GiB, and AWS shrinks none.`,
      `Write ${storage.has} or more in database.storageGiB.`,
      SEE,
    ];
  }
  // More storage is the way out of a full one.
  const takes =
    TAKES_CHANGES.has(database) || (database === 'storage-full' && storage.wants > storage.has);
  if (takes) return refusalOfHour(found, now);
  const refused = `Refused: the database ${site} is ${database}, and AWS changes no such database.`;
  if (STAYS.test(database)) {
    const look =
      'It does not pass by waiting. The RDS console, under Logs & events, says what is wrong: mend ' +
      'that first.';
    return [refused, look, SEE];
  }
  if (database !== 'stopped' && database !== 'stopping') {
    const wait = 'Wait until the RDS console calls it Available, then run npm run deploy again.';
    return [refused, wait, SEE];
  }
  if (operated === undefined) {
    const start = `aws rds start-db-instance --region ${region} --db-instance-identifier ${site}`;
    return [refused, 'Start it, and when it is available run npm run deploy again:', start, SEE];
  }
  return [
    refused,
    ...held(found, operated.table, now),
    'Orthweb then starts database and hosts; it may take 25 minutes. Wait for the message that the ' +
      'site is open, and run npm run deploy again. After that time the schedule rules again. Do not ' +
      'start the database by hand: Orthweb would stop it again.',
    SEE,
  ];
}

/** A database that stops in the middle of a deployment fails it like one that is stopped. */
function refusalOfHour(found: Found, now: Date): readonly string[] | undefined {
  const { site, operated, timeZone } = found;
  const stop = operated && stopOf(operated, now);
  if (!operated || !stop) return undefined;
  const when = stop <= now ? 'now' : `at ${localTime(stop, timeZone)}`;
  return [
    `Refused: Orthweb stops the database ${site} ${when}, perhaps in the middle of the deployment.`,
    ...held(found, operated.table, now),
    'Then run npm run deploy again. After that time the schedule rules again.',
    SEE,
  ];
}

/** When the database is to be stopped, if that is before a deployment is surely done. */
function stopOf({ plan, override }: Operated, now: Date): Date | undefined {
  if (!plan) return undefined;
  const end = now.getTime() + LONGEST_MS;
  let at: Date | undefined = now;
  while (at && at.getTime() <= end) {
    const wish = wishes(plan, override, at);
    if (wish.of.database === 'stopped') return at;
    at = wish.until;
  }
  return undefined;
}

/** How the site is held open, with the quotes of a Unix shell. */
function held({ region, timeZone }: Found, table: string, now: Date): readonly string[] {
  const override = openFrom(now);
  const until = localTime(new Date(override.until), timeZone);
  return [
    `Open the site until ${until} by this command, whose quotes are for bash, zsh or CloudShell ` +
      '(it takes the place of an override that stands):',
    putItem(region, table, override),
  ];
}

const openFrom = (now: Date): Override => ({
  wish: 'running',
  from: now.toISOString(),
  until: new Date(now.getTime() + HELD_OPEN_MS).toISOString(),
  by: 'the operator',
  reason: 'a deployment needs the database',
});

/** Nothing in the item has a single quote. */
const putItem = (region: string, table: string, override: Override): string =>
  `aws dynamodb put-item --region ${region} --table-name ${table} ` +
  `--item '${JSON.stringify(itemOf('OVERRIDE', 1, override))}'`;
