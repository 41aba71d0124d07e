import { mangleLikeCloudFormation } from '@aws-cdk/cloudformation-diff';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { operationsOf } from '../infra/app.ts';
import { type Config, loadConfig } from '../infra/config.ts';
import { openAssembly, templateOf } from './assembly.ts';
import { type Announcement, announce } from './changes/announcement.ts';
import type { Template } from './changes/change.ts';
import { asking, type Deployed, readDeployed } from './deployed.ts';
import { printed } from './lines.ts';
import { type Outside, outside } from './outside.ts';
import { refusalOfStacks, UNFINISHED } from './preflight.ts';

export interface DiffOptions {
  readonly config: string;
  /** The folder of an assembly to compare with, instead of what is deployed. */
  readonly against?: string;
}

/** What is deployed of both stacks. */
export interface BothDeployed {
  readonly site: Deployed | undefined;
  readonly operations: Deployed | undefined;
}

/**
 * Says what a deployment would do: in words, and then as the CDK sees it.
 *
 * Returns the process's exit code: 0, or 1 if the deployment would be refused. Changes nothing.
 */
export async function runDiff(
  { config: file, against }: DiffOptions,
  connect: (region: string) => Outside = outside,
): Promise<number> {
  const config = await loadConfig(file);
  const { cloudformation, withAssembly, cdk, print, now } = connect(config.region);
  const earlier = against === undefined ? undefined : openAssembly(against, config.region);
  const deployed = earlier ? undefined : await asking(() => readBoth(cloudformation, config));
  const refusal = deployed && refusalOfBoth(deployed);
  if (refusal) {
    for (const line of refusal.flatMap(printed)) print(line);
    return 1;
  }
  return withAssembly(config, async (assembly) => {
    const said = deployed
      ? sayAgainstDeployed(config, assembly, deployed, now())
      : say(config, assembly, (name) => earlier && templateOf(earlier, name), now());
    for (const line of linesOf(said)) print(line);
    const refused = said.verdict === 'refused' ? 1 : 0;
    if (earlier) return refused;
    print('');
    const code = await cdk(['diff', ...onlyThis(assembly)]);
    return refused || code;
  });
}

export async function readBoth(
  cloudformation: Outside['cloudformation'],
  config: Pick<Config, 'site'>,
): Promise<BothDeployed> {
  return {
    site: await readDeployed(cloudformation, config.site),
    operations: await readDeployed(cloudformation, operationsOf(config)),
  };
}

/** Of a stack that is being changed, or was left half-way, nobody can say what a change does. */
export const refusalOfBoth = ({ site, operations }: BothDeployed) =>
  refusalOfStacks([site, operations].flatMap((stack) => stack ?? []));

/** CloudFormation gives templates back with a `?` for each character outside ASCII. */
export function sayAgainstDeployed(
  config: Pick<Config, 'site'>,
  assembly: CloudAssembly,
  { site, operations }: BothDeployed,
  now: Date,
  acceptDataLoss = false,
): Announcement {
  const asGivenBack = (template: Template): Template =>
    JSON.parse(mangleLikeCloudFormation(JSON.stringify(template)));
  // What a first deployment left unfinished is made by this one, whatever its template says.
  const before = (name: string) => {
    const stack = name === config.site ? site : operations;
    return stack?.status === UNFINISHED ? undefined : stack?.template;
  };
  return say(config, assembly, before, now, { acceptDataLoss, asGivenBack });
}

function say(
  config: Pick<Config, 'site'>,
  assembly: CloudAssembly,
  before: (stackName: string) => Template | undefined,
  now: Date,
  { acceptDataLoss = false, asGivenBack = (template: Template) => template } = {},
): Announcement {
  const stack = (name: string) => ({
    name,
    before: before(name),
    after: asGivenBack(assembly.getStackByName(name).template),
  });
  const stacks = { site: stack(config.site), operations: stack(operationsOf(config)) };
  return announce(stacks, now, { acceptDataLoss });
}

export const linesOf = ({ lines, verdict, reason }: Announcement): readonly string[] =>
  [...lines, '', `Verdict: ${verdict}. ${reason}`].flatMap(printed);

/** The CDK takes an assembly that is there as it is; building anew would be another one. */
export const onlyThis = ({ directory }: CloudAssembly): string[] => [
  '--app',
  directory,
  '--build',
  '',
];
