import { expect } from 'vitest';
import type { Entry } from '../../../simulator/trace.ts';
import { type LocalFault, type Play, play, type Site, siteOf } from './play.ts';

export const clinic: Site = siteOf();

/** Just before the planned changes, when the site is as planned. */
export const MORNING = '2026-11-30T06:59';
export const EVENING = '2026-11-30T18:59';

export type Extra = Partial<Omit<Play, 'from' | 'faults'>>;

/** The clinic opens at 07:00 by its clock, 12:00 in UTC, and these faults strike. */
export const opening = (faults: readonly LocalFault[], extra: Extra = {}) =>
  faulted({ from: '2026-11-30T06:30', days: 0.07, faults, ...extra });

/** The clinic closes at 19:00 by its clock, midnight in UTC, and these faults strike. */
export const closing = (faults: readonly LocalFault[], extra: Extra = {}) =>
  faulted({ from: '2026-11-30T18:50', days: 0.05, faults, ...extra });

/** What happened from a minute before the change on; every fault has struck, no promise broke. */
async function faulted(scene: Play) {
  const { faults = [] } = scene;
  const result = await play(clinic, scene);
  expect(result.failure).toBeUndefined();
  expect(result.unstruck).toEqual([]);
  const struck = result.entries.filter(({ kind }) => kind === 'fault').map(({ text }) => text);
  for (const { name, on } of faults) expect(struck).toContain(on ? `${name}:${on}` : name);
  const since = scene.from < '2026-11-30T12' ? '2026-11-30T11:59' : '2026-11-30T23:59';
  const entries = result.entries.filter(({ at }) => at >= since);
  const mails = result.deliveries.filter(({ at }) => at >= since);
  return {
    ...result,
    entries,
    mails,
    kinds: mails.map(({ attributes }) => attributes.kind),
    calls: entries.filter(({ kind }) => kind === 'call').map(({ text }) => text),
    /** When the first entry came in which this happened, `HH:MM` in UTC. */
    time: (who: string, text: string) => find(entries, who, text)?.at.slice(11, 16),
    entry: (who: string, text: string) => find(entries, who, text),
    runs: result.runs.filter(({ startedAt }) => startedAt >= Date.parse(`${since}Z`)),
  };
}

const find = (entries: readonly Entry[], who: string, text: string): Entry | undefined =>
  entries.find((one) => one.who === who && one.text.startsWith(text));
