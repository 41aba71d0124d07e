import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Schedule } from '../functions/power/schedule-input.ts';
import { alerts } from './config/alerts.ts';
import { budget, budgetProblems } from './config/budget.ts';
import { certificate } from './config/certificate.ts';
import { clientProblems, clients } from './config/clients.ts';
import { completeDatabase, database, databaseProblems } from './config/database.ts';
import { dicom, dicomProblems } from './config/dicom.ts';
import { hosts } from './config/hosts.ts';
import { InvalidConfig, problemsOf } from './config/invalid-config.ts';
import { logs } from './config/logs.ts';
import { network, networkProblems } from './config/network.ts';
import { place, placeProblems } from './config/place.ts';
import { databaseStops, readSchedule, schedule } from './config/schedule.ts';
import { storage } from './config/storage.ts';
import { tags } from './config/tags.ts';

export { InvalidConfig } from './config/invalid-config.ts';
export { scheduleOf } from './config/schedule.ts';

/**
 * One site, as its operator describes it in `orthweb.config.ts`: each group of fields has a file in
 * `config/`, with the rules that its fields keep.
 *
 * The only place in the code with defaults: constructs and functions receive every value. A
 * description is what the operator reads when the value is wrong, so it says what to write.
 */
const Site = z
  .strictObject({
    ...place,
    network,
    clients,
    dicom,
    hosts,
    storage,
    database,
    schedule,
    certificate,
    alerts,
    budget,
    logs,
    tags,
  })
  .describe('Write export default defineConfig({ … }).');

/** As written, with the defaults of single fields. */
type Site = z.output<typeof Site>;

export type ConfigInput = z.input<typeof Site>;
/** With all defaults: constructs find a value in every field but in a schedule or budget left out. */
export type Config = Site & {
  readonly database: ReturnType<typeof completeDatabase>;
  readonly schedule?: { readonly database: 'follow' | 'always-on' };
};

/** Gives the operator's file its types, so that an editor completes and checks each field. */
export const defineConfig = (config: ConfigInput): ConfigInput => config;

/**
 * The configuration with every default filled in.
 *
 * @throws InvalidConfig with all problems: those of single fields first, then, once each field is
 * valid by itself, those of fields that do not go together.
 */
export function parseConfig(input: unknown): Config {
  const parsed = Site.safeParse(input, { reportInput: true });
  if (!parsed.success) throw new InvalidConfig(problemsOf(parsed.error, Site));
  const site = parsed.data;
  const { schedule, problems } = readSchedule(site);
  const followed = databaseStops(site) ? schedule : undefined;
  const refused = [
    ...placeProblems(site),
    ...networkProblems(site.network),
    ...clientProblems(site.clients, site.network),
    ...dicomProblems(site.dicom, site.clients),
    ...problems,
    ...databaseProblems(site, followed),
    ...budgetProblems(site),
  ];
  if (refused.length > 0) throw new InvalidConfig(refused);
  return complete(site, followed);
}

/**
 * Loads the operator's file, a TypeScript or JavaScript module, relative to the current directory.
 *
 * @throws InvalidConfig also if there is no such file, or it cannot be run.
 */
export async function loadConfig(path: string): Promise<Config> {
  const refuse = (value: string, remedy: string) =>
    new InvalidConfig([{ field: path, value, remedy }]);
  const file = resolve(path);
  if (!existsSync(file)) {
    throw refuse('nothing', 'is there. Write the path of a file such as orthweb.config.ts.');
  }
  const module: { default?: unknown } = await import(pathToFileURL(file).href).catch((error) => {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    const line = Number.parseInt(stack.split(`${basename(file)}:`)[1] ?? '', 10);
    const at = Number.isNaN(line) ? '' : ` on line ${line}`;
    throw refuse(`"${message.split('\n')[0]}"`, `keeps it from being read${at}. Correct the file.`);
  });
  if (module.default === undefined) {
    throw refuse('nothing', 'is exported from it. Write export default defineConfig({ … }).');
  }
  return parseConfig(module.default);
}

/** Fills in the defaults that depend on other fields. */
function complete(site: Site, followed: Schedule | undefined): Config {
  return {
    ...site,
    database: completeDatabase(site.database, followed),
    schedule: site.schedule && {
      ...site.schedule,
      database: databaseStops(site) ? 'follow' : 'always-on',
    },
  };
}
