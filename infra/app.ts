import { App, Tags } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { type Config, InvalidConfig, loadConfig } from './config.ts';
import { OperationsStack } from './operations/operations-stack.ts';
import { assertPinned, composeFile } from './site/container-images.ts';
import { SiteStack } from './site/site-stack.ts';

export interface SynthOptions {
  readonly config: Config;
  /** The folder of the cloud assembly; the CDK CLI names it in `CDK_OUTDIR`. */
  readonly outdir: string;
  /** CDK's own CloudFormation validation; its findings are errors. It takes about a second. */
  readonly validate: boolean;
}

/** Name of the stack of a site's operations. */
export const operationsOf = ({ site }: Pick<Config, 'site'>): string => `${site}-operations`;

/**
 * Builds both stacks. Needs no credentials: zones are configured, account and region are left to
 * the deployment.
 *
 * @throws InvalidConfig if a production site would run an image that is not pinned.
 */
export function build({ config, outdir, validate }: SynthOptions): App {
  // Before there is an app: under the CDK's command line one is synthesized at exit, half made or not.
  if (config.environment === 'prd') assertPinned(composeFile());
  const app = new App({
    outdir,
    builtinCloudFormationValidation: validate,
    // Flags live in code so that the CLI, the simulator and the tests agree.
    context: {
      ...flags,
      '@aws-cdk/core:validateAgainstDefaultRules': true,
      'aws:cdk:enable-path-metadata': true,
      'aws:cdk:enable-asset-metadata': true,
    },
  });
  const common = {
    terminationProtection: config.environment === 'prd',
    env: { region: config.region },
  };
  const site = new SiteStack(app, 'Orthweb', { config, stackName: config.site, ...common });
  new OperationsStack(app, 'OrthwebOperations', {
    config,
    site,
    stackName: operationsOf(config),
    ...common,
  });
  Tags.of(app).add('orthweb:site', config.site);
  return app;
}

/** Builds both stacks and writes the cloud assembly. */
export const synthesize = (options: SynthOptions): CloudAssembly => build(options).synth();

if (import.meta.main) {
  // An App that only reads the CLI's --context: by itself it would write an empty assembly.
  const cli = new App({ autoSynth: false });
  const file = cli.node.tryGetContext('config') ?? 'orthweb.config.ts';
  try {
    synthesize({
      config: await loadConfig(file),
      outdir: process.env.CDK_OUTDIR ?? 'cdk.out',
      validate: true,
    });
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
