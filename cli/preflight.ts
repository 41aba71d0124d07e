import { localTime } from '../functions/power/schedule.ts';
import { itemOf, type Override } from '../functions/shared/operations-table.ts';

/** The site as a deployment finds it. */
export interface Found {
  readonly site: string;
  readonly region: string;
  readonly timeZone: string;
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

/** Why a deployment may not begin, and what to do, line by line; undefined if it may. */
export function refusalOfDatabase(found: Found, now: Date): readonly string[] | undefined {
  const { site, region, database, table, timeZone } = found;
  if (TAKES_CHANGES.has(database)) return undefined;
  const refused = `Refused: the database ${site} is ${database}, and AWS changes no such database.`;
  const see = 'See docs/runbook.md#deploy-refused.';
  if (database !== 'stopped' && database !== 'stopping') {
    const wait = 'Wait until the RDS console calls it Available, then run npm run deploy again.';
    return [refused, wait, see];
  }
  if (table === undefined) {
    const start = `aws rds start-db-instance --region ${region} --db-instance-identifier ${site}`;
    return [refused, 'Start it, and when it is available run npm run deploy again:', start, see];
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
    see,
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
