import type { Incident } from '../../../functions/shared/incident.ts';
import { instantAt } from '../../../simulator/report/local-time.ts';
import type { SimulationResult } from '../../../simulator/simulation.ts';
import type { World } from '../../../simulator/world.ts';
import { type LocalFault, type Play, play, type Site, siteOf } from './play.ts';

export const clinic: Site = siteOf();

/** When plays begin: the site is open, and its first run after the deployment takes a minute. */
export const TEN = '2026-11-30T10:00';

/** What came of some hours in the middle of a day. */
export interface Midday {
  readonly result: SimulationResult;
  /** What the operator was told of trouble, in order: `OPENED critical: BOTH NODES DOWN`. */
  readonly told: readonly string[];
  /** The text of the message of that kind, the first of them. */
  readonly text: (kind: string) => string;
  /** Every incident that was ever open, as it was in the end, by id. */
  readonly incidents: readonly Incident[];
  /** How many items the operations table holds in the end. */
  readonly items: number;
}

const OF_HEALTH = new Set(['OPENED', 'ESCALATED', 'REMINDER', 'RECOVERED']);

/** Plays so many hours from ten o'clock on, with these faults, and sums up what was told. */
export async function midday(
  faults: readonly LocalFault[],
  {
    hours = 1,
    of = clinic,
    act = () => {},
    ...more
  }: Partial<Omit<Play, 'faults'>> & {
    readonly hours?: number;
    readonly of?: Site;
    /** Does something to the world when it stands. */
    readonly act?: (world: World, at: (local: string, what: () => void) => void) => void;
  } = {},
): Promise<Midday> {
  let items = 0;
  const known = new Map<string, Incident>();
  const result = await play(of, {
    from: TEN,
    days: hours / 24,
    certificates: 'issued',
    ...more,
    faults,
    prepare: (world) => {
      const { clock, judge } = world;
      const wrote = judge.wrote.bind(judge);
      judge.wrote = (key, value) => {
        wrote(key, value);
        if (key.startsWith('INCIDENT#')) known.set((value as Incident).id, value as Incident);
      };
      const end = instantAt(TEN, of.timeZone).getTime() + hours * 3_600_000 - 1;
      clock.at(end, () => {
        items = world.site.truth().size;
      });
      act(world, (local, what) => clock.at(instantAt(local, of.timeZone).getTime(), what));
    },
  });
  const mails = result.deliveries.filter(({ attributes: { kind = '' } }) => OF_HEALTH.has(kind));
  return {
    result,
    told: mails.map(({ attributes: { kind, severity }, text }) => {
      const [headline = ''] = text.split('\n');
      return `${kind} ${severity}: ${headline.split(' - ')[0]}`;
    }),
    text: (kind) => mails.find(({ attributes }) => attributes.kind === kind)?.text ?? '',
    incidents: [...known.values()].filter(({ openedAt }) => openedAt),
    items,
  };
}
