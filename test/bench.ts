import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Plan } from '../functions/power/plan.ts';
import { synthesize } from '../infra/app.ts';
import { bundle, bundleLine } from '../infra/bundle.ts';
import { loadConfig } from '../infra/config.ts';
import { planOf } from '../infra/operations/power-plan.ts';
import { instantAt } from '../simulator/report/local-time.ts';
import { type PlanRow, planRows } from '../simulator/report/plan-table.ts';
import { simulate } from '../simulator/simulation.ts';

// The figures that README and docs quote, of the shipped configuration over a year and two seeds.
const config = await loadConfig('orthweb.config.ts');
const sizes = await bundle();
const directory = mkdtempSync(path.join(tmpdir(), 'orthweb-bench-'));
synthesize({ config, outdir: directory, validate: false });
const plan = Plan.parse(planOf(config));
const from = instantAt('2026-11-30T00:00', config.timeZone);
const days = 365;
const end = new Date(from.getTime() + days * 86_400_000);

const lines = ['Bundles', ...sizes.map((size) => `  ${bundleLine(size)}`)];
for (const seed of [1, 2]) {
  const begun = performance.now();
  const result = await simulate({ directory, plan, from, days, seed, faults: [] });
  const seconds = (performance.now() - begun) / 1000;
  if (result.failure) throw result.failure;
  const [, ...rows] = planRows(result, plan, from, end);
  const changes = (wish: PlanRow['wish']) => rows.filter((row) => row.wish === wish);
  lines.push(
    '',
    `A year of ${config.site}, seed ${seed}: ${seconds.toFixed(1)} s, ` +
      `${Math.round((days * 24) / seconds)} simulated hours per second, ` +
      `${Math.round(result.runs.length / seconds)} executions per second`,
    spread('steps per start', changes('running'), ({ transitions }) => transitions),
    spread('steps per stop', changes('stopped'), ({ transitions }) => transitions),
    spread('seconds from planned minute to first call', rows, ({ firstCall }) => firstCall),
    spread('seconds from planned minute to open', changes('running'), ({ done }) => done),
    spread('seconds from planned minute to closed', changes('stopped'), ({ done }) => done),
  );
}
process.stdout.write(`${lines.join('\n')}\n`);

/** Median and extremes; a row without the figure is a failure of what is measured. */
function spread(
  name: string,
  rows: readonly PlanRow[],
  figure: (row: PlanRow) => number | undefined,
): string {
  const values = rows.map((row) => {
    const value = figure(row);
    if (value === undefined) throw new Error(`${name}: ${row.planned} has none`);
    return value;
  });
  const sorted = values.sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)];
  return `  ${name}: median ${median}, from ${sorted[0]} to ${sorted.at(-1)} (${rows.length})`;
}
