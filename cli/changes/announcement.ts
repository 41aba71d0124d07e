import { authorityFindings } from './authorities.ts';
import { type Change, changesBetween, type Template } from './change.ts';
import { dataFindings, isProduction } from './data.ts';
import { databaseFindings } from './database.ts';
import type { Finding } from './finding.ts';
import { hostFindings } from './hosts.ts';
import { logFindings } from './logs.ts';
import { networkFindings } from './network.ts';
import { operationsFindings } from './operations.ts';
import { scheduleFindings } from './schedule.ts';

/** One stack as it is deployed, or undefined, and as it would be. */
export interface Stack {
  readonly name: string;
  readonly before: Template | undefined;
  readonly after: Template;
}

export interface Stacks {
  readonly site: Stack;
  readonly operations: Stack;
}

export interface Announcement {
  /** What happens to hosts and data, sentence by sentence. */
  readonly lines: readonly string[];
  readonly verdict: 'safe' | 'interrupts' | 'refused';
  /** Why, and for what is refused what to do instead. */
  readonly reason: string;
}

/**
 * Says in words what a deployment at this moment does, and whether it may.
 *
 * Refused is what replaces both hosts, takes data or an authority's key away, turns away every
 * device, or is bound to fail. `acceptDataLoss` lifts the second for a site that is not in
 * production; nothing lifts the others.
 */
export function announce(stacks: Stacks, now: Date, { acceptDataLoss = false } = {}): Announcement {
  const site = compared(stacks.site);
  const operations = compared(stacks.operations);
  // Before or after: no site comes into production, or out of it, by losing its data.
  const production = isProduction(site.before) || isProduction(site.after);
  const found = {
    site: siteFindings(site, production),
    operations: [...operationsFindings(operations.changes), ...logFindings(operations.changes)],
  };
  const schedule = scheduleFindings(operations.before, operations.after, now);
  const all = [...found.site, ...schedule, ...(stacks.operations.before ? found.operations : [])];
  const quiet = stacks.site.before !== undefined && found.site.length + schedule.length === 0;
  const lines = [
    ...(quiet ? ['Nothing happens to hosts and data.'] : []),
    ...new Set(all.map(({ text }) => text)),
    counted(stacks.site, site.changes, found.site),
    counted(stacks.operations, operations.changes, found.operations),
    ...(stacks.site.before
      ? []
      : ['A site of another name or region stays as it is, and is paid for.']),
  ];
  return { lines, ...judged(all, acceptDataLoss && !production) };
}

interface Compared {
  readonly changes: readonly Change[];
  readonly before: Template;
  readonly after: Template;
}

const compared = ({ before = {}, after }: Stack): Compared => ({
  changes: changesBetween(before, after),
  before,
  after,
});

function siteFindings({ changes, before, after }: Compared, production: boolean): Finding[] {
  if (Object.keys(before).length === 0) return [];
  return [
    ...hostFindings(changes, before, after),
    ...dataFindings(changes, production),
    ...authorityFindings(changes, before, after, production),
    ...databaseFindings(changes),
    ...logFindings(changes),
    ...networkFindings(changes, before),
  ];
}

function judged(
  findings: readonly Finding[],
  lenient: boolean,
): Pick<Announcement, 'verdict' | 'reason'> {
  const refused = findings.filter(
    ({ effect }) => effect === 'refused' || (effect === 'loses data' && !lenient),
  );
  if (refused.length > 0) {
    // What nothing lifts comes first: an option for the rest would not help.
    const bound = refused.filter(({ effect }) => effect === 'refused');
    const decisive = bound.length > 0 ? bound : refused;
    const remedies = new Set(decisive.flatMap(({ remedy }) => remedy ?? []));
    return { verdict: 'refused', reason: [...remedies].join(' ') };
  }
  if (findings.some(({ effect }) => effect !== 'note')) {
    return { verdict: 'interrupts', reason: 'npm run deploy asks before it does this.' };
  }
  return { verdict: 'safe', reason: 'Nothing is interrupted, replaced or lost.' };
}

function counted(
  { name, before }: Stack,
  changes: readonly Change[],
  findings: readonly Finding[],
): string {
  if (!before) {
    return `${name}: the stack is not there yet, or not finished; all ${changes.length} of its resources are new.`;
  }
  if (changes.length === 0) return `${name}: nothing changes.`;
  const told = new Set(findings.flatMap(({ about }) => about));
  const others = changes.filter(({ id }) => !told.has(id));
  const count = (...fates: Change['fate'][]) =>
    others.filter(({ fate }) => fates.includes(fate)).length;
  const changed = count('changed', 'interrupted', 'replaced');
  return `${name}: other resources: ${count('added')} added, ${changed} changed, ${count('removed')} removed.`;
}
