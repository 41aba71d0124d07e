import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Plan } from '../functions/power/plan.ts';
import { synthesize } from '../infra/app.ts';
import { bundle, bundleLine } from '../infra/bundle.ts';
import { loadConfig } from '../infra/config.ts';
import { planOf } from '../infra/operations/power-plan.ts';
import { everyCrash } from '../simulator/explore/crashes.ts';
import { everyOrder, type Intervention } from '../simulator/explore/interleavings.ts';
import { instantAt } from '../simulator/report/local-time.ts';
import { type PlanRow, planRows } from '../simulator/report/plan-table.ts';
import { simulate } from '../simulator/simulation.ts';
import { detect } from './support/detection.ts';

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

// The opening of that Monday, from half an hour before it: what the explorers play again and again.
const opening = instantAt('2026-11-30T07:00', config.timeZone).getTime();
const minutes = (since: number, count: number) => new Date(since + count * 60_000);
const scene = {
  directory,
  plan,
  from: minutes(opening, -30),
  days: 0.055,
  seed: 1,
  faults: [],
};
const DEPTH = 4;
const trigger = (name: string): Intervention => ({
  label: name,
  at: opening,
  act: ({ stepFunctions }) => {
    const machine = stepFunctions.executions.at(-1)?.machine ?? '';
    stepFunctions.start(machine, '{"trigger":"person"}', name);
  },
});
const abort: Intervention = {
  label: 'abort',
  at: opening,
  act: ({ stepFunctions }) => stepFunctions.executions.at(-1)?.abort(),
};
lines.push(
  '',
  `Explored over an opening of ${config.site}`,
  await rate(
    'crash points, each played',
    everyCrash(scene, { from: minutes(opening, -1), until: minutes(opening, 15) }),
  ),
  await rate(
    `orders of two triggers and an abort, to a depth of ${DEPTH}`,
    everyOrder({
      scenario: scene,
      from: opening,
      until: opening + 120_000,
      depth: DEPTH,
      interventions: [trigger('one'), trigger('two'), abort],
    }),
  ),
);
lines.push(
  '',
  `Certificates of ${config.site}, on a day when it is open`,
  ...(await certificates()),
);
lines.push('', ...(await health(1000)));
process.stdout.write(`${lines.join('\n')}\n`);

/** What a renewal of both nodes takes that somebody asks for, and what the daily look at them. */
async function certificates(): Promise<string[]> {
  const result = await simulate({
    ...scene,
    days: 0.3,
    certificates: 'issued',
    prepare: ({ clock, stepFunctions }) =>
      clock.at(minutes(opening, 180).getTime(), () => {
        const { machine = '' } = stepFunctions.executions.at(-1) ?? {};
        const input = '{"trigger":"person","force":true}';
        stepFunctions.start(machine.replace(/power$/, 'certificate'), input);
      }),
  });
  if (result.failure) throw result.failure;
  return ['person', 'daily'].map((trigger) => {
    const run = result.runs.find((one) => one.trigger === trigger);
    if (!run?.endedAt) throw new Error(`no ${trigger} run has ended`);
    const seconds = Math.round((run.endedAt - run.startedAt) / 1000);
    const what = trigger === 'person' ? 'a renewal of both nodes' : 'a look that finds nothing due';
    return `  ${what}: ${run.transitions} steps, ${seconds} s`;
  });
}

/** How soon trouble is noticed and told, over so many seeds. */
async function health(seeds: number): Promise<string[]> {
  const found = await detect(
    { directory, plan, from: minutes(opening, 180) },
    Array.from({ length: seeds }, (_, index) => index + 1),
  );
  const { plays, detections, passing, missed, falseAlerts, broken } = found;
  const wrong = [...missed, ...falseAlerts, ...broken];
  for (const one of wrong) process.stderr.write(`${one}\n`);
  if (wrong.length > 0) process.exitCode = 1;
  return [
    `Trouble of ${config.site}, ${plays} seeds, none to three things at once (modelled)`,
    `  outages of a node: ${detections.length + passing + missed.length}, over before anybody could be sure ${passing}`,
    quantiles(
      'seconds until it is noticed',
      detections.map(({ detected }) => detected),
    ),
    quantiles(
      'seconds from there until a message has arrived',
      detections.map(({ alerted }) => alerted),
    ),
    `  noticed within ${buckets(detections.map(({ detected }) => detected))}`,
    `  missed ${missed.length}, false alerts ${falseAlerts.length}, broken invariants ${broken.length}`,
  ];
}

function quantiles(name: string, values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(1);
  return `  ${name}: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)} (${sorted.length})`;
}

/** How many of the values are at most 30, 60, … */
function buckets(values: readonly number[]): string {
  return [30, 60, 90, 120, 150, 180]
    .map((bound) => `${bound} s: ${values.filter((value) => value <= bound).length}`)
    .join(', ');
}

/** How many plays an explorer makes, and how fast. */
async function rate(name: string, plays: AsyncIterable<unknown>): Promise<string> {
  const begun = performance.now();
  let count = 0;
  for await (const _ of plays) count++;
  const perSecond = count / ((performance.now() - begun) / 1000);
  return `  ${name}: ${count}, ${perSecond.toFixed(1)} plays per second`;
}

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
