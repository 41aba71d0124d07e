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
  const unequal = unequalTraces(first, second);
  if (unequal) return { ...first, findings: [unequal], failure: unequal };
  return options.faults.length === 0 ? doubled(options, first) : first;
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
 * Plays once more with the events of schedules and rules doubled: the same calls and the same end
 * as in `plain`, which is what comes back then, or the play that broke or did otherwise.
 */
export async function doubled(
  options: SimulationOptions,
  plain: SimulationResult,
): Promise<SimulationResult> {
  const { from: at, days } = options;
  const faults = (['schedule', 'rules'] as const).map((on) => ({
    name: 'doubled-events' as const,
    on,
    at,
    minutes: days * 1440,
  }));
  const play = await simulate({ ...options, faults });
  if (play.failure) return play;
  const [once, twice] = [whatCame(plain), whatCame(play)];
  const index = once.findIndex((line, i) => line !== twice[i]);
  if (index < 0 && once.length === twice.length) return plain;
  const line = index < 0 ? once.length : index;
  const broken = new InvariantBroken(
    10,
    'the end',
    `with events doubled "${twice[line] ?? 'nothing'}" instead of "${once[line] ?? 'nothing'}"`,
  );
  return { ...play, findings: [broken], failure: broken };
}

/** The multiset of calls that change nodes or database, and the state in which each was left. */
function whatCame({ entries }: SimulationResult): string[] {
  const calls = entries.filter(({ kind }) => kind === 'call').map(({ text }) => text);
  const states = new Map(
    entries
      .filter(({ kind }) => kind === 'world')
      .map(({ who, text, site }) => [site ? `${who} of ${site}` : who, text]),
  );
  return [...calls, ...[...states].map((state) => state.join(' left '))].sort();
}
