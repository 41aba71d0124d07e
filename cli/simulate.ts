import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Plan } from '../functions/power/plan.ts';
import { loadConfig } from '../infra/config.ts';
import { planOf } from '../infra/operations/power-plan.ts';
import type { Fault } from '../simulator/faults/library.ts';
import { instantAt, nextMonday, startOfDate } from '../simulator/report/local-time.ts';
import { reportJson, reportLines } from '../simulator/report/report.ts';
import { drillFaults } from './drill.ts';
import { labDays, playInLab } from './lab.ts';
import { UserError } from './user-error.ts';

/** A fault as the user names it: the time is that of the site's clock. */
export interface NamedFault extends Omit<Fault, 'at'> {
  readonly local: string;
}

export interface SimulateOptions {
  readonly config: string;
  /** A week, or a day in the lab, unless the user says. */
  readonly days?: number;
  /** Local date, `YYYY-MM-DD`. */
  readonly from?: string;
  readonly seed: number;
  readonly json?: string;
  readonly fault?: readonly NamedFault[];
  /** Also a node failure, a database failover and an observer that sees nothing. */
  readonly drill?: boolean;
  readonly hosts: 'model' | 'lab';
}

const DAY_MS = 86_400_000;

/** The assembly that a deployment takes, too. */
const ASSEMBLY = 'cdk.out';

/**
 * Bundles, synthesizes and plays: the main job of `npm start`.
 *
 * Prints the report on stdout and progress on stderr. Returns the process's exit code: 0, or 1
 * when an invariant broke, a permission or a way was missing or something is not modelled. Throws
 * `InvalidConfig` or `UserError` before anything is done.
 */
export async function runSimulate(options: SimulateOptions): Promise<number> {
  const begun = performance.now();
  const config = await loadConfig(options.config);
  const { site, environment, region, timeZone } = config;
  const { seed } = options;
  const plan = Plan.parse(planOf(config));
  if (options.drill && options.hosts === 'lab') {
    throw new UserError(
      '--drill with --hosts lab: a drill is about models of hosts, and plays a week. Leave out one ' +
        'of the two.',
    );
  }
  const given = options.from ? readDate(options.from, timeZone) : undefined;
  const { from, days } =
    options.hosts === 'lab'
      ? labDays(plan, given, options.days)
      : { from: given ?? nextMonday(new Date(), timeZone), days: options.days ?? 7 };
  const end = new Date(from.getTime() + days * DAY_MS);
  const named = (options.fault ?? []).map((fault) => readFault(fault, timeZone, from, end));
  const faults = options.drill ? [...named, ...drillFaults(plan, from, end)] : named;
  if (options.json !== undefined) assertWritable(options.json);
  assertFolder(ASSEMBLY);

  // Loaded once nothing can be wrong with what the user wrote: the CDK and the simulated AWS take
  // three times as long to load as it takes to say so.
  const [{ assemble }, { bundleLine }, { rehearse }, { versions }] = await Promise.all([
    import('./assembly.ts'),
    import('../infra/bundle.ts'),
    import('../simulator/rehearsal.ts'),
    import('../simulator/lab/versions.ts'),
  ]);
  const { sizes, seconds } = await assemble(config, ASSEMBLY, false);
  const synthesized = performance.now();
  const progress = progressLine(from, days);
  const play = { directory: ASSEMBLY, plan, from, days, seed, faults, progress };
  const result = options.hosts === 'lab' ? await playInLab(play) : await rehearse(play);
  clearProgress();
  const played = performance.now();

  const rehearsal = {
    site,
    environment,
    region,
    timeZone,
    plan,
    from,
    days,
    end,
    seed,
    faults,
    result,
    ...(options.hosts === 'lab' && { versions: await versions() }),
  };
  if (options.json !== undefined) writeFileSync(options.json, reportJson(rehearsal));
  const since = (instant: number) => ((played - instant) / 1000).toFixed(1);
  const lines = [
    'Bundles',
    ...sizes.map((size) => `  ${bundleLine(size)}`),
    '',
    ...reportLines(rehearsal),
    `Bundling ${seconds.bundling.toFixed(1)} s, synthesis ${seconds.synthesis.toFixed(1)} s, ` +
      `playing ${since(synthesized)} s: ${since(begun)} s.`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return result.failure ? 1 : 0;
}

function readDate(date: string, timeZone: string): Date {
  try {
    return startOfDate(date, timeZone);
  } catch {
    throw new UserError(
      `--from: "${date}" is not a date. Write it as YYYY-MM-DD, such as 2026-11-23.`,
    );
  }
}

function readFault(
  { local, ...fault }: NamedFault,
  timeZone: string,
  from: Date,
  end: Date,
): Fault {
  const at = readTime(local, timeZone);
  if (at < from || at >= end) {
    throw new UserError(
      `--fault: ${local} is outside the rehearsal, which lasts from ${from.toISOString()} to ` +
        `${end.toISOString()}. Choose a time in it, or give --from and --days.`,
    );
  }
  return { ...fault, at };
}

function readTime(local: string, timeZone: string): Date {
  try {
    return instantAt(local, timeZone);
  } catch {
    throw new UserError(
      `--fault: "${local}" is not a time. Write it as YYYY-MM-DDTHH:MM on the site's clock, ` +
        'such as 2026-11-24T07:00.',
    );
  }
}

/** Before anything is played: to find out after a year would be too late. */
function assertWritable(file: string): void {
  const folder = dirname(resolve(file));
  try {
    if (file === '' || (existsSync(file) && !statSync(file).isFile())) throw new Error('no file');
    accessSync(existsSync(file) ? file : folder, constants.W_OK);
  } catch {
    throw new UserError(
      `--json: "${file}" cannot be written: it is no file, or ${folder} is no folder, that you ` +
        'may write to. Name a file in a folder of yours.',
    );
  }
}

function assertFolder(folder: string): void {
  if (!existsSync(folder) || statSync(folder).isDirectory()) return;
  throw new UserError(
    `${folder} is a file, and the templates need a folder of that name. Move it out of the way.`,
  );
}

/** A line that rewrites itself, on a terminal only. */
function progressLine(from: Date, days: number): (now: Date) => void {
  return (now) => {
    if (!process.stderr.isTTY) return;
    const day = Math.floor((now.getTime() - from.getTime()) / DAY_MS) + 1;
    process.stderr.write(`\rplaying day ${day} of ${days}\u001b[K`);
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}
