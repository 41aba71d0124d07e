import { readSite } from '../../functions/shared/operations-table.ts';
import { loadConfig } from '../../infra/config.ts';
import { asking } from '../deployed.ts';
import { UserError } from '../user-error.ts';
import { readAuthorities } from './authorities.ts';
import { type CertificateOutside, outside } from './outside.ts';
import { deployedSite, OF_CERTIFICATES } from './site.ts';
import { type Standing, standingOf } from './standing.ts';
import { linesOf } from './status-lines.ts';

export interface StatusOptions {
  readonly config: string;
  /** Print JSON for a program. */
  readonly json?: boolean;
}

/**
 * Says what each node serves, as the last check saw it, and who vouches for it.
 *
 * Returns the process's exit code: 0 when all is well, 1 when a person is to look at something.
 * Changes nothing.
 */
export async function runStatus(
  { config: file, json }: StatusOptions,
  connect: (region: string) => CertificateOutside = outside,
): Promise<number> {
  const { site, region, timeZone } = await loadConfig(file);
  const aws = connect(region);
  const standing = await asking(() => look(site, region, aws), OF_CERTIFICATES);
  const lines = json ? [JSON.stringify(standing, null, 2)] : linesOf(standing, timeZone);
  for (const line of lines) aws.print(line);
  return standing.wrong.length === 0 ? 0 : 1;
}

async function look(
  site: string,
  region: string,
  { cloudformation, dynamodb, ssm, now }: CertificateOutside,
): Promise<Standing> {
  const { OperationsTable: name } = (await deployedSite(cloudformation, { site, region })).outputs;
  if (name === undefined) {
    throw new UserError(
      `The stack ${site} names no table in its output OperationsTable. Run npm run deploy.`,
    );
  }
  const state = await readSite({ client: dynamodb, name });
  const { authorities } = await readAuthorities(ssm, site);
  return standingOf(site, state, authorities, now());
}
