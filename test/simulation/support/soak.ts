import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Plan } from '../../../functions/power/plan.ts';
import { synthesize } from '../../../infra/app.ts';
import { loadConfig } from '../../../infra/config.ts';
import { planOf } from '../../../infra/operations/power-plan.ts';
import { drawFaults } from '../../../simulator/faults/draw.ts';
import type { Targets } from '../../../simulator/faults/library.ts';
import { type Fault, labelOf } from '../../../simulator/faults/library.ts';
import { clockOf, dateOf, instantAt } from '../../../simulator/report/local-time.ts';
import { type SimulationResult, simulate } from '../../../simulator/simulation.ts';
import { optionsOf, type Site } from './play.ts';
import { targetsOf } from './recording.ts';

/** One play of the soak, and what came of it. */
export interface SoakPlay {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly result: SimulationResult;
  /** The command that plays the same once more. */
  readonly replay: string;
}

/** One that stops everything at night, and one that keeps a node. */
const CONFIGS = ['examples/clinic-toronto.ts', 'test/simulation/support/one-at-night.config.ts'];
/** A rehearsal begins at midnight, and so does a play: only then `npm start` can play it again. */
const MONDAY = '2026-11-30';
const MOST_FAULTS = 3;

/** Faults begin around a planned change; a play lasts long enough to mend all that they did. */
const CHANGES = [
  { from: '06:55', until: '07:12', days: 0.41 },
  { from: '18:55', until: '19:12', days: 0.91 },
];

interface SoakSite extends Site {
  readonly config: string;
  readonly targets: Targets;
}

/** Plays each of these seeds on each site over an opening and a closing. */
export async function* soak(seeds: Iterable<number>): AsyncGenerator<SoakPlay> {
  const sites: SoakSite[] = [];
  for (const config of CONFIGS) sites.push(await soakSite(config));
  for (const seed of seeds) {
    for (const [index, change] of CHANGES.entries()) {
      for (const site of sites)
        yield await soakPlay(site, seed, seed * CHANGES.length + index, change);
    }
  }
}

async function soakSite(config: string): Promise<SoakSite> {
  const parsed = await loadConfig(config);
  const directory = mkdtempSync(path.join(tmpdir(), 'orthweb-'));
  synthesize({ config: parsed, outdir: directory, validate: false });
  const site = { directory, plan: Plan.parse(planOf(parsed)), timeZone: parsed.timeZone };
  const targets = await targetsOf(optionsOf(site, { from: `${MONDAY}T00:00`, days: 1 }));
  return { ...site, config, targets };
}

async function soakPlay(
  site: SoakSite,
  seed: number,
  drawn: number,
  { from, until, days }: (typeof CHANGES)[number],
): Promise<SoakPlay> {
  const at = (time: string) => instantAt(`${MONDAY}T${time}`, site.timeZone);
  const span = { from: at(from), until: at(until) };
  const faults = drawFaults(drawn, seed % (MOST_FAULTS + 1), span, site.targets).map(onTheMinute);
  const options = optionsOf(site, { from: `${MONDAY}T00:00`, days, seed });
  const result = await simulate({ ...options, faults });
  return { seed, faults, result, replay: replayOf(site, seed, faults) };
}

/** The command line names minutes; chance moves everything else by seconds all the same. */
const onTheMinute = (fault: Fault): Fault => ({
  ...fault,
  at: new Date(Math.floor(fault.at.getTime() / 60_000) * 60_000),
});

function replayOf({ config, timeZone }: SoakSite, seed: number, faults: readonly Fault[]): string {
  const injected = faults.map((fault) => {
    const at = `${dateOf(fault.at, timeZone)}T${clockOf(fault.at, timeZone).slice(0, 5)}`;
    const lasts = fault.minutes === undefined ? '' : `+${fault.minutes}`;
    return `--fault '${labelOf(fault)}@${at}${lasts}'`;
  });
  const command = `npm start -- --config ${config} --from ${MONDAY} --days 1 --seed ${seed}`;
  return [command, ...injected].join(' ');
}
