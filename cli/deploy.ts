import { describeDatabase } from '../functions/power/database.ts';
import { readSite } from '../functions/shared/operations-table.ts';
import { type Config, loadConfig } from '../infra/config.ts';
import { planOf } from './changes/schedule.ts';
import { asking } from './deployed.ts';
import {
  type BothDeployed,
  linesOf,
  onlyThis,
  readBoth,
  refusalOfBoth,
  sayAgainstDeployed,
} from './diff.ts';
import { printed } from './lines.ts';
import { type Outside, outside } from './outside.ts';
import { type Found, type Operated, refusalOfDatabase, UNFINISHED } from './preflight.ts';

export interface DeployOptions {
  readonly config: string;
  /** A person has seen what is interrupted, and need not be asked. */
  readonly acceptInterruption?: boolean;
  /** The data of a site that is not in production may go. */
  readonly acceptDataLoss?: boolean;
}

/**
 * Deploys both stacks, once it is clear that it can be done and that it is wanted.
 *
 * Returns the process's exit code: that of the CDK, or 1 if nothing was deployed.
 */
export async function runDeploy(
  options: DeployOptions,
  connect: (region: string) => Outside = outside,
): Promise<number> {
  const config = await loadConfig(options.config);
  const aws = connect(config.region);
  const { cloudformation, withAssembly, cdk, print, ask, now } = aws;
  const deployed = await asking(() => readBoth(cloudformation, config));
  const refusal =
    refusalOfBoth(deployed) ??
    refusalOfDatabase(await asking(() => lookAt(config, deployed, aws)), now());
  if (refusal) {
    for (const line of refusal.flatMap(printed)) print(line);
    return 1;
  }
  return withAssembly(config, async (assembly) => {
    const said = sayAgainstDeployed(config, assembly, deployed, now(), options.acceptDataLoss);
    for (const line of linesOf(said)) print(line);
    if (said.verdict === 'refused') return 1;
    if (said.verdict === 'interrupts' && !options.acceptInterruption) {
      const no = await refusalOfPerson(config, ask);
      if (no !== undefined) {
        print(no);
        return 1;
      }
    }
    // The CDK too asks before it widens rights, and gives up where it can ask nobody.
    const approval = ask ? [] : ['--require-approval', 'never'];
    return cdk(['deploy', '--all', ...onlyThis(assembly), ...approval, ...atFailure(deployed)]);
  });
}

/**
 * A first deployment that fails keeps what it has made, so that it can be looked at and gone on with.
 * To undo it would mean to delete buckets that have logs in them by then, and in production a
 * database and a stack that refuse to be deleted.
 */
function atFailure({ site }: BothDeployed): string[] {
  return site === undefined || site.status === UNFINISHED ? ['--no-rollback'] : [];
}

/** The database, and what stops it. */
async function lookAt(
  { site, region, timeZone, database }: Config,
  deployed: BothDeployed,
  { rds, dynamodb }: Pick<Outside, 'rds' | 'dynamodb'>,
): Promise<Found> {
  const found = await describeDatabase(rds, site);
  return {
    site,
    region,
    timeZone,
    made: deployed.site !== undefined,
    database: found?.DBInstanceStatus ?? 'missing',
    storage: { has: found?.AllocatedStorage ?? 0, wants: database.storageGiB },
    operated: await readOperated(deployed, dynamodb),
  };
}

/**
 * The plan is the one that is deployed: the stack of operations, which brings the new one, comes
 * after the stack that changes the database.
 */
async function readOperated(
  { site, operations }: BothDeployed,
  client: Outside['dynamodb'],
): Promise<Operated | undefined> {
  const table = site?.outputs.OperationsTable;
  if (!operations || table === undefined) return undefined;
  const { override } = await readSite({ client, name: table });
  return { table, plan: planOf(operations.template), override: override?.value };
}

/** Undefined if whoever sits at the terminal wants it, by typing the name of the site. */
async function refusalOfPerson(
  { site }: Pick<Config, 'site'>,
  ask: Outside['ask'],
): Promise<string | undefined> {
  if (!ask) {
    return (
      'Nothing was deployed: there is no terminal to ask on. If this is wanted, run ' +
      'npm run deploy -- --accept-interruption.'
    );
  }
  const answer = await ask(`Type the name of the site (${site}) to deploy this: `);
  return answer?.trim() === site ? undefined : 'Nothing was deployed.';
}
