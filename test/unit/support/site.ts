import { type Incident, SUBJECTS } from '../../../functions/shared/incident.ts';
import type {
  CertificateRecord,
  Intent,
  Lease,
  Override,
  ResourceName,
  SiteState,
  Stored,
} from '../../../functions/shared/operations-table.ts';
import { RESOURCES } from '../../../functions/shared/operations-table.ts';
import { EXECUTION, OPEN, type run } from './power.ts';
import { iso } from './time.ts';

/** The content of the table, by sort key: what `memoryTable` takes. */
export type Items = Readonly<Record<string, object>>;

export const intent = (more: Partial<Intent> = {}): Intent => ({
  wish: 'running',
  reason: 'the window is open',
  plannedFor: iso('07:00'),
  run: EXECUTION,
  ...more,
});

/** The three intents of a goal. */
export const intents = (
  goal: ReturnType<typeof run>['goal'] = OPEN,
  more: Partial<Intent> = {},
): Items =>
  Object.fromEntries(
    RESOURCES.map((name) => [`INTENT#${name}`, intent({ wish: goal[name], ...more })]),
  );

/** All three seen fulfilled. */
export const reached = (
  goal: ReturnType<typeof run>['goal'] = OPEN,
  more: Partial<Intent> = {},
): Items => intents(goal, { reachedAt: iso('07:06'), ...more });

/** Both nodes' certificates, looked at today. */
export const certified = (more: Partial<CertificateRecord> = {}): Items => {
  const record = { checkedAt: iso('07:05'), published: {}, ...more };
  return { 'CERTIFICATE#a': record, 'CERTIFICATE#b': record };
};

export const lease = (more: Partial<Lease> = {}): { readonly LEASE: Lease } => ({
  LEASE: { owner: EXECUTION, purpose: 'power', fence: 7, takenAt: iso('07:00:10'), ...more },
});

/** Given back at some time: `freeLease('06:00')`. */
export const freeLease = (releasedAt: string): { readonly LEASE: Lease } => ({
  LEASE: { fence: 6, releasedAt: iso(releasedAt) },
});

export const override = (more: Partial<Override> = {}): Override => ({
  wish: 'running',
  from: iso('20:00'),
  until: iso('22:00'),
  by: 'Ada',
  reason: 'a late case',
  ...more,
});

/** What `readSite` makes of such items. */
export function siteState(items: Items = {}): SiteState {
  const one = <T>(key: string) => {
    const value = items[key];
    return value && ({ key, version: 1, value } as Stored<T>);
  };
  const intentOf = (name: ResourceName) => one<Intent>(`INTENT#${name}`);
  return {
    intents: { a: intentOf('a'), b: intentOf('b'), database: intentOf('database') },
    lease: one<Lease>('LEASE') ?? { key: 'LEASE', version: 0, value: { fence: 0 } },
    override: one('OVERRIDE'),
    late: one('LATE') ?? { key: 'LATE', version: 0, value: undefined },
    certificates: { a: one('CERTIFICATE#a'), b: one('CERTIFICATE#b') },
    incidents: Object.fromEntries(
      SUBJECTS.flatMap((subject) => {
        const stored = one<Incident>(`INCIDENT#${subject}`);
        return stored ? [[subject, stored]] : [];
      }),
    ),
    outbox: Object.keys(items)
      .filter((key) => key.startsWith('OUTBOX#'))
      .flatMap((key) => one(key) ?? []) as SiteState['outbox'],
  };
}
