import { desiredState, nextTransitions } from '../../functions/power/schedule.ts';
import type { Plan } from '../judge/plan.ts';
import type { Run, SimulationResult } from '../simulation.ts';
import { columns } from './layout.ts';
import { clockOf, dateOf } from './local-time.ts';

/** One planned change, and what came of it. Durations in seconds after the planned instant. */
export interface PlanRow {
  readonly planned: string;
  readonly wish: 'running' | 'stopped';
  readonly reason: string;
  /** When the first call of the run that did it was made. */
  readonly firstCall: number | undefined;
  readonly done: number | undefined;
  readonly phases: readonly { readonly name: string; readonly seconds: number }[];
  readonly runs: number;
  readonly transitions: number;
}

/** Every planned change of the time that was played, and the deployment before the first. */
export function planRows(result: SimulationResult, plan: Plan, from: Date, end: Date): PlanRow[] {
  const { schedule } = plan;
  const now = schedule
    ? desiredState(schedule, from)
    : { state: 'running' as const, reason: 'always on' };
  const planned = [{ at: from, state: now.state, reason: `deployed: ${now.reason}` }];
  let at = from;
  while (schedule) {
    const [next] = nextTransitions(schedule, at, 1);
    if (!next || next.at >= end) break;
    planned.push(next);
    at = next.at;
  }
  return planned.map(({ at: instant, state, reason }, index) => {
    const until = (planned[index + 1]?.at ?? end).getTime();
    const within = (time: number) => time >= instant.getTime() && time < until;
    const runs = result.runs.filter(
      (run) => within(run.startedAt) && run.state !== 'Nothing To Do',
    );
    const done = runs.find((run) => run.state === 'Site As Wished');
    const call = result.entries.find(
      (entry) => entry.kind === 'call' && within(new Date(entry.at).getTime()),
    );
    const after = (time: number) => Math.round((time - instant.getTime()) / 1000);
    return {
      planned: instant.toISOString(),
      wish: state,
      reason,
      firstCall: call && after(new Date(call.at).getTime()),
      done: done?.endedAt && after(done.endedAt),
      phases: done ? phasesOf(done) : [],
      runs: runs.length,
      transitions: runs.reduce((sum, run) => sum + run.transitions, 0),
    };
  });
}

const phasesOf = (run: Run): PlanRow['phases'] =>
  (run.output as { run?: { progress?: { phases?: PlanRow['phases'] } } } | null)?.run?.progress
    ?.phases ?? [];

/** The table plan against actual. */
export function planTable(rows: readonly PlanRow[], timeZone: string): string[] {
  const head = columns(
    [
      ['planned', 16],
      ['site', 6],
      ['first call', 10],
      ['done', 11],
      ['steps', 5],
    ],
    'seconds per phase, reason',
  );
  return [
    ...head,
    ...rows.flatMap((row) =>
      columns(
        [
          [`${dateOf(row.planned, timeZone)} ${clockOf(row.planned, timeZone).slice(0, 5)}`, 16],
          [row.wish === 'running' ? 'open' : 'closed', 6],
          [row.firstCall === undefined ? '-' : `+${row.firstCall} s`, 10],
          [row.done === undefined ? 'NOT DONE' : `+${minutes(row.done)}`, 11],
          [String(row.transitions), 5],
        ],
        [row.phases.map(({ name, seconds }) => `${name} ${seconds}`).join(', '), row.reason]
          .filter(Boolean)
          .join('; '),
      ),
    ),
  ];
}

const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')}`;
