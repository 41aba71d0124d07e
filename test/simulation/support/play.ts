import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Plan } from '../../../functions/power/plan.ts';
import { synthesize } from '../../../infra/app.ts';
import { type ConfigInput, parseConfig } from '../../../infra/config.ts';
import { planOf } from '../../../infra/operations/power-plan.ts';
import type { Fault } from '../../../simulator/faults/library.ts';
import { instantAt } from '../../../simulator/report/local-time.ts';
import {
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from '../../../simulator/simulation.ts';
import { CLINIC } from '../../support/clinic.ts';

/** A synthesized site, as `npm start` would play it. */
export interface Site {
  readonly directory: string;
  readonly plan: SimulationOptions['plan'];
  readonly timeZone: string;
}

/** The clinic, unless the test says otherwise. */
export function siteOf(different: Partial<ConfigInput> = {}): Site {
  const config = parseConfig({ ...CLINIC, ...different });
  const directory = mkdtempSync(path.join(tmpdir(), 'orthweb-'));
  synthesize({ config, outdir: directory, validate: false });
  return { directory, plan: Plan.parse(planOf(config)), timeZone: config.timeZone };
}

/** Node a and the database stay on at night, and only node b stops. */
export const oneAtNight = (): Site =>
  siteOf({ schedule: { windows: [{ from: '07:00', to: '19:00' }], nodes: 'one' } });

/**
 * The same site, and nobody looks at its health: for what tries each call of another capability, and has
 * no time for those of one that only looks.
 */
export const unwatched = (site: Site): Site =>
  edited(site, ({ Resources }) => {
    for (const [id, { Type, Properties }] of Object.entries(Resources)) {
      const looks = Type === 'AWS::Scheduler::Schedule' || Type === 'AWS::Events::Rule';
      if (looks && id.startsWith('Health')) Properties.State = 'DISABLED';
    }
  });

/** A fault whose time is that of the site's own clock. */
export type LocalFault = Omit<Fault, 'at'> & { readonly at: string };

export interface Play extends Partial<Omit<SimulationOptions, 'from' | 'faults'>> {
  /** The site's own clock, `YYYY-MM-DDTHH:MM`. */
  readonly from: string;
  readonly days: number;
  readonly faults?: readonly LocalFault[];
}

/** What `simulate` takes, for the tools that play a scenario many times. */
export function optionsOf(site: Site, { from, faults = [], ...rest }: Play): SimulationOptions {
  const { directory, plan, timeZone } = site;
  return {
    directory,
    plan,
    seed: 1,
    // What a first renewal does has tests of its own.
    certificates: 'issued',
    ...rest,
    from: instantAt(from, timeZone),
    faults: faults.map((fault) => ({ ...fault, at: instantAt(fault.at, timeZone) })),
  };
}

export const play = (site: Site, scenario: Play): Promise<SimulationResult> =>
  simulate(optionsOf(site, scenario));

export type Template = { Resources: Record<string, TemplateResource> };
export interface TemplateResource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is whatever CloudFormation takes.
  Properties: any;
  // biome-ignore lint/suspicious/noExplicitAny: likewise.
  Metadata?: any;
}

export type StackId = 'Orthweb' | 'OrthwebOperations';

/** The same site with one of its templates edited, as if something had been lost in it. */
export function edited(
  site: Site,
  edit: (template: Template) => void,
  stack: StackId = 'OrthwebOperations',
): Site {
  const directory = mkdtempSync(path.join(tmpdir(), 'orthweb-'));
  const changed = `${stack}.template.json`;
  for (const file of readdirSync(site.directory)) {
    if (file !== changed) symlinkSync(path.join(site.directory, file), path.join(directory, file));
  }
  const template = templateOf(site, stack);
  edit(template);
  // It names every alarm, so each edit of one would be refused because of it; nobody plays it.
  for (const [id, { Type }] of Object.entries(template.Resources)) {
    if (Type === 'AWS::CloudWatch::Dashboard') delete template.Resources[id];
  }
  writeFileSync(path.join(directory, changed), JSON.stringify(template));
  return { ...site, directory };
}

export function templateOf(site: Site, stack: StackId): Template {
  const file = path.join(site.directory, `${stack}.template.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Template;
}

/** The subjects of the messages that reached the operator, in order. */
export const subjects = (result: SimulationResult): string[] =>
  result.deliveries.map(({ subject }) => subject);

/** How the runs that had something to do ended. */
export const endings = (result: SimulationResult): string[] =>
  result.runs.filter(({ state }) => state !== 'Nothing To Do').map(({ state }) => state);
