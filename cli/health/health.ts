import { readSite } from '../../functions/shared/operations-table.ts';
import { loadConfig } from '../../infra/config.ts';
import { asking } from '../deployed.ts';
import { linesOf } from './health-lines.ts';
import { type HealthOutside, outside } from './outside.ts';
import { OF_HEALTH, observerOf, operationsTable } from './site.ts';
import { healthOf } from './standing.ts';
import { lookNow } from './verdict.ts';

export interface HealthOptions {
  readonly config: string;
  /** Print JSON for a program. */
  readonly json?: boolean;
}

/**
 * Has the site looked at now, and says how it is and what to do.
 *
 * Returns the process's exit code: 0 when all is well or stopped as planned, 1 when a person is to look
 * at something. Touches no host; what the look finds is recorded and told as ever.
 */
export async function runHealth(
  { config: file, json }: HealthOptions,
  connect: (region: string) => HealthOutside = outside,
): Promise<number> {
  const { site, region, timeZone } = await loadConfig(file);
  const { cloudformation, dynamodb, lambda, print, now } = connect(region);
  const health = await asking(async () => {
    const name = await operationsTable(cloudformation, { site, region });
    const verdict = await lookNow(lambda, await observerOf(cloudformation, { site, region }));
    return healthOf(site, verdict, await readSite({ client: dynamodb, name }), now());
  }, OF_HEALTH);
  const lines = json ? [JSON.stringify(health, null, 2)] : linesOf(health, timeZone);
  for (const line of lines) print(line);
  return health.well ? 0 : 1;
}
