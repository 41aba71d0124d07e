import { writeFileSync } from 'node:fs';
import { Plan } from '../functions/power/plan.ts';
import { synthesize } from '../infra/app.ts';
import { bundle, bundleLine } from '../infra/bundle.ts';
import { loadConfig } from '../infra/config.ts';
import { planOf } from '../infra/operations/power.ts';
import type { Fault, FaultName } from '../simulator/faults.ts';
import { INVARIANTS, InvariantBroken } from '../simulator/judge.ts';
import { runningHours } from '../simulator/report/hours.ts';
import { instantAt, nextMonday, startOfDate } from '../simulator/report/local-time.ts';
import { mail } from '../simulator/report/mail.ts';
import { planRows, planTable } from '../simulator/report/plan-table.ts';
import { timeline } from '../simulator/report/timeline.ts';
import { type SimulationResult, simulate } from '../simulator/simulation.ts';
import { UserError } from './user-error.ts';

export interface SimulateOptions {
  readonly config: string;
  readonly days: number;
  /** Local date, `YYYY-MM-DD`. */
  readonly from?: string;
  readonly seed: number;
  readonly json?: string;
  readonly fault: readonly { readonly name: FaultName; readonly local: string }[];
}

const DAY_MS = 86_400_000;

/**
 * Bundles, synthesizes and plays: the main job of `npm start`.
 *
 * Prints the report on stdout and progress on stderr; returns the process's exit code: 0, or 1
 * when an invariant broke, a permission was missing or something is not modelled.
 */
export async function runSimulate(options: SimulateOptions): Promise<number> {
  const begun = performance.now();
  const config = await loadConfig(options.config);
  const { timeZone } = config;
  const from = options.from ? readDate(options.from, timeZone) : nextMonday(new Date(), timeZone);
  const end = new Date(from.getTime() + options.days * DAY_MS);
  const faults = options.fault.map((fault) => readFault(fault, timeZone, from, end));

  const sizes = await bundle();
  const bundled = performance.now();
  const directory = 'cdk.out';
  synthesize({ config, outdir: directory, validate: false });
  const synthesized = performance.now();

  const plan = Plan.parse(planOf(config));
  const play = (label: string) =>
    simulate({
      directory,
      plan,
      from,
      days: options.days,
      seed: options.seed,
      faults,
      progress: progressLine(label, from, options.days),
    });
  const first = await play('playing');
  // The same seed must give the same trace, byte for byte; a run that broke is not played again.
  const second = first.failure ? first : await play('playing again');
  clearProgress();
  const result = sameTrace(first, second)
    ? first
    : { ...first, failure: undetermined(first, second) };
  const simulated = performance.now();

  const rows = planRows(result, plan, from, end);
  const hours = runningHours(result, from, end);
  if (options.json) {
    const { entries, deliveries, runs, ticks } = result;
    const failure = result.failure
      ? { name: result.failure.name, message: result.failure.message }
      : null;
    const seed = options.seed;
    const about = {
      schema: 'orthweb.simulation/1',
      site: config.site,
      timeZone,
      from,
      end,
      seed,
      faults,
    };
    const all = { ...about, plan: rows, hours, runs, ticks, deliveries, entries, failure };
    writeJson(options.json, all);
  }

  const seconds = (from_: number, to: number) => ((to - from_) / 1000).toFixed(1);
  const transitions = result.runs.reduce((sum, run) => sum + run.transitions, 0);
  print([
    `Orthweb rehearses the site "${config.site}" from ${config.environment} in ${config.region}:`,
    `${options.days} days from ${from.toISOString()}, seed ${options.seed}, ${options.config}.`,
    'A deployment leaves both nodes and the database running; from there the schedule rules.',
    ...timeline(result, timeZone),
    '',
    'ALERTS, as the operator reads them (routine ones in full once)',
    ...mail(result, timeZone),
    '',
    `PLAN AGAINST ACTUAL (${timeZone}; steps are Step Functions state transitions)`,
    ...planTable(rows, timeZone),
    '',
    'TOTALS',
    `Running hours     ${hours.map(({ name, hours: h }) => `${name} ${h}`).join(', ')}; of ${options.days * 24} each`,
    `Workflow runs     ${result.runs.length}, with ${transitions} state transitions (AWS gives 4,000 a month free)`,
    `Site ticks        ${result.ticks.run} run, ${result.ticks.skipped} quiet ones passed over`,
    'Bundles',
    ...sizes.map((size) => `  ${bundleLine(size)}`),
    `Took              bundling ${seconds(begun, bundled)} s, synthesis ${seconds(bundled, synthesized)} s, ` +
      `playing twice ${seconds(synthesized, simulated)} s: ${seconds(begun, simulated)} s`,
    '',
    verdict(result, rows.filter(({ done }) => done === undefined).length),
  ]);
  return result.failure ? 1 : 0;
}

function verdict(result: SimulationResult, undone: number): string {
  if (result.failure) return `FAILED: ${result.failure.message}`;
  const numbers = Object.keys(INVARIANTS).join(', ');
  const plan =
    undone === 0
      ? 'Every planned change happened'
      : `${undone} planned changes did not finish in time`;
  return `OK: ${plan}; invariants ${numbers} held, and the same seed gave the same trace twice.`;
}

const sameTrace = (one: SimulationResult, other: SimulationResult): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

function undetermined(one: SimulationResult, other: SimulationResult): Error {
  const index = one.entries.findIndex(
    (entry, at) => JSON.stringify(entry) !== JSON.stringify(other.entries[at]),
  );
  const entry = one.entries[index];
  return new InvariantBroken(
    14,
    entry?.at ?? 'the end',
    `the same seed gave another "${entry?.text}"`,
  );
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
  { name, local }: SimulateOptions['fault'][number],
  timeZone: string,
  from: Date,
  end: Date,
): Fault {
  let at: Date;
  try {
    at = instantAt(local, timeZone);
  } catch {
    throw new UserError(
      `--fault: "${local}" is not a time. Write it as YYYY-MM-DDTHH:MM on the site's clock, such as 2026-11-24T07:00.`,
    );
  }
  if (at < from || at >= end) {
    throw new UserError(
      `--fault: ${local} is outside the rehearsal, which lasts from ${from.toISOString()} to ${end.toISOString()}. ` +
        'Choose a time in it, or give --from and --days.',
    );
  }
  return { name, at };
}

function writeJson(file: string, value: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `--json: "${file}" cannot be written (${reason}). Name a file in a folder that exists.`,
    );
  }
}

/** A line that rewrites itself, on a terminal only. */
function progressLine(label: string, from: Date, days: number): ((now: Date) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return (now) => {
    const day = Math.floor((now.getTime() - from.getTime()) / DAY_MS) + 1;
    process.stderr.write(`\r${label}: day ${day} of ${days}\u001b[K`);
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

const print = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};
