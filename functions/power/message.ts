import { addressLines, adviceOn, servingNodes } from '../shared/advice.ts';
import type { Alert } from '../shared/alerts.ts';
import { secondsBetween } from '../shared/clocks.ts';
import { NODES, type PowerState, type SiteState } from '../shared/operations-table.ts';
import type { Progress, Run } from './run.ts';
import { localTime } from './schedule.ts';
import { type PowerPlan, plannedInstant, wishes } from './wishes.ts';

/** What every message of the power capability is written from. */
export interface Circumstances {
  readonly now: Date;
  readonly timeZone: string;
  /** What was planned: the site open (`running`) or closed, and for which instant (ISO 8601). */
  readonly site: PowerState;
  readonly plannedFor: string;
  /** The next planned change. */
  readonly until: Date | undefined;
  /** Which nodes have answered, where and when. */
  readonly proofs: Progress['proofs'];
  /** When the operator was told that this change is late; absent if they were not. */
  readonly lateToldAt: string | undefined;
}

/**
 * The circumstances of a run, or, where no run got under way, of what the table asks for. What was
 * planned for no instant, such as a first deployment, counts from when it `began`.
 */
export function circumstances(
  plan: PowerPlan,
  site: SiteState,
  now: Date,
  run: Run | undefined,
  began = now,
): Circumstances {
  const wish = wishes(plan, site.override?.value, now);
  const plannedFor = run?.plannedFor ?? plannedInstant(site, wish, now) ?? began.toISOString();
  const told = site.late.value?.plannedFor === plannedFor ? site.late.value : undefined;
  return {
    now,
    timeZone: plan.timeZone,
    site: run?.site ?? wish.site,
    plannedFor,
    until: wish.until,
    proofs: run?.progress.proofs ?? {},
    lateToldAt: told?.toldAt,
  };
}

/** The planned change is complete: the site is open, or closed, or one node keeps serving. */
export function arrivedAlert(c: Circumstances, run: Run): Alert {
  const serving = servingNodes(c.proofs, c.now);
  const open = c.site === 'running';
  const staying = NODES.filter((node) => run.goal[node] === 'running');
  const next = c.until ? localTime(c.until, c.timeZone) : 'nothing planned';
  const event = open
    ? 'OPEN'
    : staying.length > 0
      ? `Night: node ${staying.join(', ')} stays on`
      : `Closed as planned until ${next}`;
  const closed = !open && staying.length === 0;
  const late = c.lateToldAt
    ? [
        `Late     you were told at ${localTime(new Date(c.lateToldAt), c.timeZone)}; this is over now`,
      ]
    : [];
  return {
    kind: open ? 'STARTED' : 'STOPPED',
    severity: 'info',
    event,
    advice: closed ? 'no address works' : adviceOn(c.proofs, serving),
    key: `${c.plannedFor}#${open ? 'started' : 'stopped'}#${run.fence}`,
    body: [
      ...addresses(c),
      `Why      ${run.reason}`,
      `Planned  ${localTime(new Date(c.plannedFor), c.timeZone)}, done ${localTime(c.now, c.timeZone)}`,
      // A change may take several runs, where certificates are renewed in between.
      `Took     ${duration(secondsBetween(c.plannedFor, c.now))}; this run ${duration(secondsBetween(run.beganAt, c.now))}${phases(run)}`,
      ...cutLines(run),
      ...late,
      c.until
        ? `Next     ${open ? 'closes' : 'opens'} ${next} (${c.timeZone})`
        : 'Next     nothing planned',
    ],
  };
}

/** A planned change is not complete when it should be, or its run has failed. */
export function lateAlert(c: Circumstances, cause: string): Alert {
  const serving = servingNodes(c.proofs, c.now);
  const what = c.site === 'running' ? 'start' : 'stop';
  const planned = localTime(new Date(c.plannedFor), c.timeZone);
  return {
    kind: 'LATE',
    severity: what === 'start' ? 'high' : 'warning',
    event: `LATE: ${what} of ${planned}`,
    advice: adviceOn(c.proofs, serving),
    key: `${c.plannedFor}#late`,
    body: [
      ...addresses(c),
      `Cause    ${cause}`,
      `Now      Orthweb keeps trying by itself and tells you when it is done.`,
      `You      docs/runbook.md#late`,
    ],
  };
}

const addresses = (c: Circumstances): string[] =>
  addressLines(c.proofs, servingNodes(c.proofs, c.now), c.timeZone, 'on the host itself');

/** Transfers that a stop did not wait for to the end. */
const cutLines = ({ progress }: Run): string[] =>
  NODES.flatMap((node) => {
    const left = progress.drained[node]?.left;
    return left ? [`Cut      node ${node} was stopped all the same: ${left}`] : [];
  });

const phases = (run: Run): string =>
  run.progress.phases.length === 0
    ? ''
    : `: ${run.progress.phases.map(({ name, seconds }) => `${name} ${seconds} s`).join(', ')}`;

const duration = (seconds: number): string => {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
};
