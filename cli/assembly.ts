import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { synthesize } from '../infra/app.ts';
import { type BundleSize, bundle } from '../infra/bundle.ts';
import type { Config } from '../infra/config.ts';
import type { Template } from './changes/change.ts';
import { UserError } from './user-error.ts';

/** What making an assembly came to. */
export interface Assembled {
  readonly assembly: CloudAssembly;
  readonly sizes: readonly BundleSize[];
  readonly seconds: { readonly bundling: number; readonly synthesis: number };
}

/** Bundles the functions and synthesizes both stacks into a folder. */
export async function assemble(
  config: Config,
  outdir: string,
  validate: boolean,
): Promise<Assembled> {
  const begun = performance.now();
  const sizes = await bundle();
  const bundled = performance.now();
  const assembly = synthesize({ config, outdir, validate });
  const synthesis = (performance.now() - bundled) / 1000;
  return { assembly, sizes, seconds: { bundling: (bundled - begun) / 1000, synthesis } };
}

/**
 * The assembly of a configuration in a folder of its own, which is gone afterwards: what is told
 * and what is deployed are then the same, whatever else is made in `cdk.out` meanwhile.
 */
export async function withAssembly<T>(
  config: Config,
  use: (assembly: CloudAssembly) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-assembly-'));
  try {
    const { assembly } = await assemble(config, folder, true);
    return await use(assembly);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The template of a stack, by the name under which it is deployed; undefined without it. */
export const templateOf = (assembly: CloudAssembly, stackName: string): Template | undefined =>
  assembly.stacks.find((stack) => stack.stackName === stackName)?.template;

/** An assembly that somebody made earlier. Throws `UserError` if there is none of this region. */
export function openAssembly(folder: string, region: string): CloudAssembly {
  const assembly = readAssembly(folder);
  const other = assembly.stacks.find(({ environment }) => environment.region !== region);
  if (!other) return assembly;
  throw new UserError(
    `--against: "${folder}" is of the region ${other.environment.region}, and the configuration of ` +
      `${region}. A site does not move: the one here would be new, and the one there stays.`,
  );
}

function readAssembly(folder: string): CloudAssembly {
  try {
    return new CloudAssembly(folder);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UserError(
      `--against: "${folder}" is no folder that npm run synth has made (${why}). Make one from ` +
        'the configuration to compare with: npm run synth -- --output earlier.',
    );
  }
}
