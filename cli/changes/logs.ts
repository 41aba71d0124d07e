import { type Change, pathOf, type Resource } from './change.ts';
import type { Finding } from './finding.ts';
import { nameFindings } from './names.ts';

/** What happens to log lines, of either stack. */
export function logFindings(changes: readonly Change[]): Finding[] {
  const groups = changes.filter(({ type }) => type === 'AWS::Logs::LogGroup');
  const refused = nameFindings(groups, nameOf);
  const told = new Set(refused.flatMap(({ about }) => about));
  const others = groups.filter(({ id }) => !told.has(id));
  return [...refused, ...others.flatMap(goingFindings), ...retentionFindings(others)];
}

function goingFindings(change: Change): Finding[] {
  const { id, fate, before } = change;
  if (fate !== 'removed' && fate !== 'replaced') return [];
  const policy = fate === 'removed' ? before?.DeletionPolicy : before?.UpdateReplacePolicy;
  return policy?.startsWith('Retain')
    ? [{ text: `${nameOf(change)}: leaves the site, and is kept.`, effect: 'note', about: [id] }]
    : [{ text: `${nameOf(change)}: is deleted.`, effect: 'interrupts', about: [id] }];
}

/** One sentence for all that are kept for as many days. */
function retentionFindings(groups: readonly Change[]): Finding[] {
  const shorter = groups.filter(
    ({ before, after }) => before && after && daysOf(after) < daysOf(before),
  );
  const days = [...new Set(shorter.map(({ after }) => daysOf(after)))];
  return days.map((number) => ({
    text: `logs: lines older than ${number} days are deleted.`,
    effect: 'interrupts',
    about: shorter.filter(({ after }) => daysOf(after) === number).map(({ id }) => id),
  }));
}

/** Without a number CloudWatch keeps them for ever. */
const daysOf = (group: Resource | undefined): number =>
  Number(group?.Properties?.RetentionInDays ?? Infinity);

function nameOf({ id, before, after }: Change): string {
  const name = (before ?? after)?.Properties?.LogGroupName;
  return `log group ${typeof name === 'string' ? name : (pathOf(before ?? after) ?? id)}`;
}
