import { localTime } from '../functions/power/schedule.ts';
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
  /** The operations table; undefined while nothing operates the site. */
  readonly table: string | undefined;
}

/**
 * In which RDS takes a change, or CloudFormation waits until it does. In all others a deployment
 * fails half-way: CloudFormation modifies the database for as little as a new tag.
 *
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
 */
const TAKES_CHANGES = new Set([
  'missing',
  'available',
  'backing-up',
  'modifying',
  'storage-optimization',
  // More storage is the way out of it.
  'storage-full',
]);

/** How long the site is held open for a deployment: a start and a change of class fit into it. */
const HELD_OPEN_MS = 2 * 3_600_000;

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
  CREATE_FAILED: 'Choose Delete: it was never finished.',
  ROLLBACK_FAILED: 'Mend that, then choose Delete: it was never finished.',
  DELETE_FAILED: 'Mend that, then choose Delete.',
};

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
    if (status.endsWith('_FAILED')) {
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
  const { site, region, made, database, table, timeZone } = found;
  if (!made && database !== 'missing') {
    return [
      `Refused: a database ${site} exists already, and no stack has it: a site of this name was`,
      'deleted and kept its data, or its first deployment failed.',
      'If it holds nothing that you need, lift its deletion protection and delete it, with a final',
      'snapshot. Otherwise write another name in site.',
      SEE,
    ];
  }
  if (TAKES_CHANGES.has(database)) return undefined;
  const refused = `Refused: the database ${site} is ${database}, and AWS changes no such database.`;
  if (database !== 'stopped' && database !== 'stopping') {
    const wait = 'Wait until the RDS console calls it Available, then run npm run deploy again.';
    return [refused, wait, SEE];
  }
  if (table === undefined) {
    const start = `aws rds start-db-instance --region ${region} --db-instance-identifier ${site}`;
    return [refused, 'Start it, and when it is available run npm run deploy again:', start, SEE];
  }
  const override = openFrom(now);
  const until = localTime(new Date(override.until), timeZone);
  return [
    refused,
    `Open the site until ${until} (this takes the place of an override that stands):`,
    putItem(region, table, override),
    'Orthweb then starts database and hosts; it may take 25 minutes. Wait for the message that the',
    'site is open, and run npm run deploy again. After that time the schedule rules again. Do not',
    'start the database by hand: Orthweb would stop it again.',
    SEE,
  ];
}

const openFrom = (now: Date): Override => ({
  wish: 'running',
  from: now.toISOString(),
  until: new Date(now.getTime() + HELD_OPEN_MS).toISOString(),
  by: 'the operator',
  reason: 'a deployment needs the database',
});

/** For any shell with single quotes; nothing in the item has one. */
const putItem = (region: string, table: string, override: Override): string =>
  `aws dynamodb put-item --region ${region} --table-name ${table} ` +
  `--item '${JSON.stringify(itemOf('OVERRIDE', 1, override))}'`;
