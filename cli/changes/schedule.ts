import { Plan } from '../../functions/power/plan.ts';
import { type PowerPlan, wishes } from '../../functions/power/wishes.ts';
import { RESOURCES, type ResourceName } from '../../functions/shared/operations-table.ts';
import type { Template } from './change.ts';
import { type Finding, listed } from './finding.ts';

/** What another plan means, and what it stops or starts at this moment. */
export function scheduleFindings(before: Template, after: Template, now: Date): Finding[] {
  const [old, next] = [planIn(before), planIn(after)];
  if (old === undefined || next === undefined || old === next) return [];
  const said = (text: string, effect: Finding['effect']): Finding[] => [
    { text: `schedule: changes.${text}`, effect, about: [] },
  ];
  const [was, is] = [wishesBy(old, now), wishesBy(next, now)];
  if (!was || !is) return said('', 'note');
  const turning = RESOURCES.filter((name) => was.of[name] !== is.of[name]);
  if (turning.length === 0) return said('', 'note');
  const stops = turning.filter((name) => is.of[name] === 'stopped');
  const state = is.site === 'running' ? 'open' : 'closed';
  const verb = stops.length > 0 ? 'stop' : 'start';
  const verbs = turning.length > 1 ? verb : `${verb}s`;
  return said(
    ` By it the site is ${state} now: ${inWords(turning)} ${verbs} within minutes.`,
    stops.some((name) => name !== 'database') ? 'interrupts' : 'note',
  );
}

/** As the functions get it: JSON, the same in each of them; undefined where none has it. */
const planIn = ({ Resources = {} }: Template): string | undefined =>
  Object.values(Resources)
    .map(({ Properties }) => Properties?.Environment?.Variables?.PLAN)
    .find((plan) => typeof plan === 'string');

/** Undefined for a plan that this version does not read. */
function wishesBy(plan: string, now: Date) {
  const { data } = Plan.safeParse(plan) as { readonly data?: PowerPlan };
  return data && wishes(data, undefined, now);
}

function inWords(names: readonly ResourceName[]): string {
  const nodes = names.filter((name) => name !== 'database');
  const hosts = nodes.length === 2 ? ['hosts'] : nodes.map((node) => `node ${node}`);
  return listed([...hosts, ...(names.includes('database') ? ['database'] : [])]);
}
