import { type Fault, labelOf } from '../faults/library.ts';
import { PLAN_BOUND_MS, type Plan } from '../judge/plan.ts';
import type { Versions } from '../lab/versions.ts';
import type { SimulationResult } from '../simulation.ts';
import { hostLines } from './hosts.ts';
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
  /** What hosts ran, where they ran in the lab. */
  readonly versions?: Versions;
}

/** The report as the operator reads it on a terminal: at most 100 columns. */
export function reportLines(rehearsal: Rehearsal): string[] {
  const { site, environment, region, timeZone, plan, from, days, end, seed, faults, result } =
    rehearsal;
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
    ...hostSection(rehearsal),
    `PLAN AGAINST ACTUAL (${timeZone}; steps are Step Functions state transitions)`,
    ...planTable(rows, timeZone),
    '',
    'TOTALS',
    `Running hours   ${hours.join(', ')}; of ${days * 24} each`,
    `Workflow runs   ${result.runs.length}, with ${transitions} steps (AWS gives 4,000 a month free)`,
    `Site ticks      ${result.ticks.run} played, ${result.ticks.skipped} quiet ones passed over`,
    '',
    ...verdict(result, rows, end, faults),
  ];
}

function hostSection({ result: { hosts }, timeZone, versions }: Rehearsal): string[] {
  if (!hosts || !versions) return [];
  const { nginx, Orthanc, PostgreSQL } = versions;
  const title = 'HOSTS, as they ran in the lab (virtual time stood still for the seconds given)';
  const about = [
    `Hosts ran nginx ${nginx} and Orthanc ${Orthanc}, the database PostgreSQL ${PostgreSQL}.`,
    'What the lab is not stands in docs/hosts.md#the-lab.',
  ];
  return [title, ...hostLines(hosts, timeZone).slice(1), ...about, ''];
}

/** Everything that happened, for machines: the same seed gives the same bytes, but for a lab. */
export function reportJson({ result, plan, ...about }: Rehearsal): string {
  const { from, end } = about;
  const { failure, findings, ...happened } = result;
  const worded = ({ name, message }: Error) => ({ name, message });
  const all = {
    schema: 'orthweb.simulation/1',
    ...about,
    plan: planRows(result, plan, from, end),
    runningHours: runningHours(result, from, end),
    ...happened,
    findings: findings.map(worded),
    failure: failure ? worded(failure) : null,
  };
  return `${JSON.stringify(all, null, 1)}\n`;
}

function verdict(
  result: SimulationResult,
  rows: readonly PlanRow[],
  end: Date,
  faults: readonly Fault[],
): string[] {
  if (result.failure) {
    const others = result.findings.filter((finding) => finding !== result.failure);
    return [
      `FAILED: ${result.failure.message}`,
      ...others.map(({ message }) => `   and: ${message}`),
    ];
  }
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
      (fault) => `The fault ${labelOf(fault)} of ${fault.at.toISOString()} struck nothing.`,
    ),
    `No invariant was broken; ${played(result, faults)}.`,
  ];
}

function played({ hosts }: SimulationResult, faults: readonly Fault[]): string {
  if (hosts) return 'played once, as real programs are never twice the same';
  // Doubled events are played where no fault of the user's makes two plays unlike.
  return faults.length === 0
    ? 'two plays gave one trace, doubled events the same actions'
    : 'two plays gave one trace';
}

/** An alarm is no broken promise, but nobody should have to find it in the timeline. */
function soundings({ entries }: SimulationResult): string[] {
  const alarms = entries.filter(({ kind, text }) => kind === 'alarm' && text === 'ALARM');
  const names = new Set(alarms.map(({ who }) => who));
  return names.size === 0 ? [] : [`Alarms sounded: ${[...names].join(', ')}.`];
}
