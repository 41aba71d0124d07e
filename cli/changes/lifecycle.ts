import { type Change, pathOf, type Resource } from './change.ts';
import type { Finding } from './finding.ts';

/** As much of a rule of a bucket as deletes something. */
interface Rule {
  readonly Status: string;
  readonly ExpirationInDays?: number;
  readonly ExpirationDate?: string;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
  readonly Prefix?: string;
  readonly TagFilters?: unknown;
}

/** What a bucket that stays begins to delete, or deletes sooner. */
export function lifecycleFindings(change: Change, name: string, remedy: string): Finding[] {
  const { id, type, fate, before, after } = change;
  if (type !== 'AWS::S3::Bucket' || fate !== 'changed') return [];
  const sooner = (days: Expiry) => soonest(rulesOf(before), rulesOf(after), days);
  const [current, noncurrent] = [sooner(currentDays), sooner(noncurrentDays)];
  const findings: Finding[] = [];
  if (current !== undefined && pathOf(after) === 'Storage/Logs') {
    const text = `${name}: what is older than ${current} days is deleted.`;
    findings.push({ text, effect: 'interrupts', about: [id] });
  } else if (current !== undefined) {
    const text = `${name}: WHAT IS OLDER THAN ${current} DAYS IS DELETED.`;
    findings.push({ text, effect: 'loses data', remedy, about: [id] });
  }
  if (noncurrent !== undefined) {
    const text = `${name}: what is deleted or overwritten can be had back for ${noncurrent} days only.`;
    findings.push({ text, effect: 'interrupts', about: [id] });
  }
  return findings;
}

/** What a check writes over and over is missed by nobody (`infra/site/storage.ts`). */
const CHECKS = 'checks/';

type Expiry = (rule: Rule) => number | undefined;

/** A date may be today. */
const currentDays: Expiry = ({ ExpirationInDays, ExpirationDate }) =>
  ExpirationInDays ?? (ExpirationDate === undefined ? undefined : 0);
const noncurrentDays: Expiry = ({ NoncurrentVersionExpiration }) =>
  NoncurrentVersionExpiration?.NoncurrentDays;

const rulesOf = (bucket: Resource | undefined): readonly Rule[] =>
  (bucket?.Properties?.LifecycleConfiguration?.Rules ?? []).filter(
    ({ Status, Prefix }: Rule) => Status === 'Enabled' && Prefix !== CHECKS,
  );

/** The days of the soonest rule that no old one for as much or more comes up to. */
function soonest(
  before: readonly Rule[],
  after: readonly Rule[],
  days: Expiry,
): number | undefined {
  const covered = (rule: Rule) =>
    before.some(
      (old) =>
        (days(old) ?? Infinity) <= (days(rule) ?? Infinity) &&
        [scopeOf(rule), scopeOf({ Status: '' })].includes(scopeOf(old)),
    );
  const fresh = after.filter((rule) => !covered(rule)).flatMap((rule) => days(rule) ?? []);
  return fresh.length > 0 ? Math.min(...fresh) : undefined;
}

const scopeOf = ({ Prefix = '', TagFilters = [] }: Rule): string =>
  JSON.stringify([Prefix, TagFilters]);
