import { InvariantBroken } from './judge/invariants.ts';
import { type SimulationOptions, type SimulationResult, simulate } from './simulation.ts';

/**
 * Plays twice and compares: the same seed must give the same trace, byte for byte. Where no fault
 * is asked for it plays a third time with every event doubled, which must change nothing that is
 * done. A play that broke is not played again. Rejects as `simulate` does.
 */
export async function rehearse(options: SimulationOptions): Promise<SimulationResult> {
  const first = await simulate(options);
  if (first.failure) return first;
  const second = await simulate(options);
  if (second.failure) return second;
  const broken = unequalTraces(first, second) ?? (await idempotence(options, first));
  return broken ? { ...first, findings: [broken], failure: broken } : first;
}

function unequalTraces(
  one: SimulationResult,
  other: SimulationResult,
): InvariantBroken | undefined {
  if (JSON.stringify(one) === JSON.stringify(other)) return undefined;
  const at = one.entries.findIndex(
    (entry, index) => JSON.stringify(entry) !== JSON.stringify(other.entries[index]),
  );
  const [here, there] = [one.entries[at], other.entries[at]];
  return new InvariantBroken(
    14,
    here?.at ?? 'the end',
    `the same seed gave "${here?.who}: ${here?.text}" and then "${there?.who}: ${there?.text}"`,
  );
}

/**
 * Whether doubled events of schedules and rules lead to the same calls and the same end as `plain`
 * did; undefined if so, or if faults of the user's would not strike the same in both.
 */
export async function idempotence(
  options: SimulationOptions,
  plain: SimulationResult,
): Promise<InvariantBroken | undefined> {
  if (options.faults.length > 0) return undefined;
  const { from: at, days } = options;
  const faults = (['schedule', 'rules'] as const).map((on) => ({
    name: 'doubled-events' as const,
    on,
    at,
    minutes: days * 1440,
  }));
  const doubled = await simulate({ ...options, faults });
  const [once, twice] = [whatCame(plain), whatCame(doubled)];
  const index = once.findIndex((line, i) => line !== twice[i]);
  if (index < 0 && once.length === twice.length) return undefined;
  const line = index < 0 ? once.length : index;
  return new InvariantBroken(
    10,
    'the end',
    `with every event doubled "${twice[line] ?? 'nothing'}" instead of "${once[line] ?? 'nothing'}"`,
  );
}

/** The multiset of calls that change nodes or database, and the state in which each was left. */
function whatCame({ entries }: SimulationResult): string[] {
  const calls = entries.filter(({ kind }) => kind === 'call').map(({ text }) => text);
  const states = new Map(
    entries.filter(({ kind }) => kind === 'world').map(({ who, text }) => [who, text]),
  );
  return [...calls, ...[...states].map((state) => state.join(' left '))].sort();
}
