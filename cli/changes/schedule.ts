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
  const plans = [planOf(before), planOf(after)];
  const [was, is] = plans.map((plan) => plan && wishes(plan, undefined, now));
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

/** By which the operations of a template stop and start; undefined if this version reads none. */
export const planOf = (operations: Template): PowerPlan | undefined =>
  Plan.safeParse(planIn(operations)).data;

function inWords(names: readonly ResourceName[]): string {
  const nodes = names.filter((name) => name !== 'database');
  const hosts = nodes.length === 2 ? ['hosts'] : nodes.map((node) => `node ${node}`);
  return listed([...hosts, ...(names.includes('database') ? ['database'] : [])]);
}
