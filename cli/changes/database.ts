import { type Change, same } from './change.ts';
import type { Finding } from './finding.ts';

/** Storage that grows or shrinks, backups, a standby, and parameters that may need a restart. */
export function databaseFindings(changes: readonly Change[]): Finding[] {
  return changes.flatMap((change): Finding[] => {
    const { id, type, fate, before, after } = change;
    if (type === 'AWS::RDS::DBParameterGroup' && fate === 'changed') {
      if (same(before, after, 'Parameters')) return [];
      const text = 'database: may be restarted (its parameters change).';
      return [{ text, effect: 'interrupts', about: [id] }];
    }
    if (type !== 'AWS::RDS::DBInstance' || !before || !after) return [];
    return [...storageFindings(change), ...backupFindings(change), ...standbyFindings(change)];
  });
}

function storageFindings({ id, before, after }: Change): Finding[] {
  if (same(before, after, 'AllocatedStorage')) return [];
  const [from, to] = [before, after].map((one) => Number(one?.Properties?.AllocatedStorage));
  const about = [id];
  if (Number(to) > Number(from)) {
    const text = `database: its storage grows from ${from} to ${to} GiB while it serves.`;
    return [{ text, effect: 'note', about }];
  }
  const text = `database: its storage would shrink from ${from} to ${to} GiB, which AWS refuses.`;
  const remedy = `Write ${from} or more in database.storageGiB.`;
  return [{ text, effect: 'refused', remedy, about }];
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html */
function backupFindings({ id, before, after }: Change): Finding[] {
  const [from, to] = [before, after].map((one) => Number(one?.Properties?.BackupRetentionPeriod));
  if (!(Number(to) < Number(from))) return [];
  const which = to === 0 ? 'all its automatic backups' : `backups older than ${to} days`;
  return [{ text: `database: ${which} are deleted.`, effect: 'interrupts', about: [id] }];
}

function standbyFindings({ id, before, after }: Change): Finding[] {
  if (same(before, after, 'MultiAZ')) return [];
  const text = after?.Properties?.MultiAZ
    ? 'database: gets a standby in a second zone while it serves.'
    : 'database: loses its standby while it serves.';
  return [{ text, effect: 'note', about: [id] }];
}
