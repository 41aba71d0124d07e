import { isOpen } from '../../functions/shared/incident.ts';
import { readSite } from '../../functions/shared/operations-table.ts';
import { loadConfig } from '../../infra/config.ts';
import { asking } from '../deployed.ts';
import { UserError } from '../user-error.ts';
import { durationsOf } from './durations.ts';
import { readOnePast, readPast } from './history.ts';
import { listOf, pageOf } from './incident-lines.ts';
import { type HealthOutside, outside } from './outside.ts';
import { OF_HEALTH, operationsTable } from './site.ts';

export interface IncidentsOptions {
  readonly config: string;
  /** Also those that began long ago. */
  readonly all?: boolean;
  /** Print JSON for a program. */
  readonly json?: boolean;
}

/** How many that are over are listed, unless all are asked for. */
const LISTED = 20;

/**
 * Lists what has been wrong with the site, or says all that is known of one incident. Changes nothing.
 *
 * @throws UserError if there is no incident of that id.
 */
export async function runIncidents(
  id: string | undefined,
  { config: file, all, json }: IncidentsOptions,
  connect: (region: string) => HealthOutside = outside,
): Promise<void> {
  const { site, region, timeZone } = await loadConfig(file);
  const { cloudformation, dynamodb, print, now } = connect(region);
  const lines = await asking(async () => {
    const name = await operationsTable(cloudformation, { site, region });
    const table = { client: dynamodb, name };
    const state = await readSite(table);
    const current = Object.values(state.incidents).map(({ value }) => value);
    if (id === undefined) {
      const past = await readPast(table, all ? Number.POSITIVE_INFINITY : LISTED);
      const open = current.filter(isOpen);
      if (json) return [asJson({ site, open, past: past.incidents })];
      return listOf(open, past, timeZone, now());
    }
    const one = current.find((incident) => incident.id === id) ?? (await readOnePast(table, id));
    if (!one) throw unknown(id, site);
    if (json) return [asJson({ ...one, ...durationsOf(one, now()) })];
    return pageOf(one, timeZone, now());
  }, OF_HEALTH);
  for (const line of lines) print(line);
}

const asJson = (value: object): string => JSON.stringify(value, null, 2);

const unknown = (id: string, site: string): UserError =>
  new UserError(
    `id: the site ${site} has no incident "${id}". An id is like 20261124T101500Z-a; list those ` +
      'that there are by npm run orthweb -- incidents --all. They are kept for 400 days.',
  );
