import type { Fault } from '../faults.ts';
import { INVARIANTS, PLAN_BOUND_MS, type Plan } from '../judge.ts';
import type { SimulationResult } from '../simulation.ts';
import { runningHours } from './hours.ts';
import { mail } from './mail.ts';
import { type PlanRow, planRows, planTable } from './plan-table.ts';
import { timeline } from './timeline.ts';

/** What was played, and what came of it. */
export interface Rehearsal {
  readonly site: string;
  readonly environment: string;
  readonly region: string;
  readonly timeZone: string;
  readonly plan: Plan;
  readonly from: Date;
  readonly days: number;
  readonly end: Date;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly result: SimulationResult;
}

/** The report as the operator reads it on a terminal: at most 100 columns. */
export function reportLines(rehearsal: Rehearsal): string[] {
  const { site, environment, region, timeZone, plan, from, days, end, seed, result } = rehearsal;
  const rows = planRows(result, plan, from, end);
  const hours = runningHours(result, from, end).map(({ name, hours: h }) => `${name} ${h}`);
  const transitions = result.runs.reduce((sum, run) => sum + run.transitions, 0);
  return [
    `Orthweb rehearses the site "${site}" (${environment}, ${region}): ${days} days, seed ${seed}.`,
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
    `Running hours   ${hours.join(', ')}; of ${days * 24} each`,
    `Workflow runs   ${result.runs.length}, with ${transitions} steps (AWS gives 4,000 a month free)`,
    `Site ticks      ${result.ticks.run} played, ${result.ticks.skipped} quiet ones passed over`,
    '',
    ...verdict(result, rows, end),
  ];
}

/** Everything that happened, for machines: the same seed gives the same bytes. */
export function reportJson({ result, plan, ...about }: Rehearsal): string {
  const { from, end } = about;
  const { failure, ...happened } = result;
  const all = {
    schema: 'orthweb.simulation/1',
    ...about,
    plan: planRows(result, plan, from, end),
    runningHours: runningHours(result, from, end),
    ...happened,
    failure: failure ? { name: failure.name, message: failure.message } : null,
  };
  return `${JSON.stringify(all, null, 1)}\n`;
}

function verdict(result: SimulationResult, rows: readonly PlanRow[], end: Date): string[] {
  if (result.failure) return [`FAILED: ${result.failure.message}`];
  const numbers = Object.keys(INVARIANTS).join(', ');
  const undone = rows.filter(({ done }) => done === undefined);
  const open = ({ planned }: PlanRow) =>
    end.getTime() - new Date(planned).getTime() <= PLAN_BOUND_MS;
  const late = undone.filter((row) => !open(row)).length;
  return [
    late === 0
      ? 'OK: Every planned change happened.'
      : `OK: ${late} planned changes were late, and the operator was told.`,
    ...undone.filter(open).map(({ planned }) => `Not judged: that of ${planned}, still under way.`),
    ...soundings(result),
    ...result.unstruck.map(
      ({ name, at }) => `The fault ${name} of ${at.toISOString()} struck nothing.`,
    ),
    `Invariants ${numbers} of the design held; the same seed gave the same trace twice.`,
  ];
}

/** An alarm is no broken promise, but nobody should have to find it in the timeline. */
function soundings({ entries }: SimulationResult): string[] {
  const alarms = entries.filter(({ kind, text }) => kind === 'alarm' && text === 'ALARM');
  const names = new Set(alarms.map(({ who }) => who));
  return names.size === 0 ? [] : [`Alarms sounded: ${[...names].join(', ')}.`];
}
