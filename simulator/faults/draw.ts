import { Chance } from '../random.ts';
import { FAULTS, type Fault, type FaultKind, type FaultName, type Targets } from './library.ts';

/**
 * Faults for one play, drawn from the whole library: `count` of them, each at some second of the
 * span and on some target. The same seed draws the same.
 */
export function drawFaults(
  seed: number,
  count: number,
  { from, until }: { readonly from: Date; readonly until: Date },
  targets: Targets,
): Fault[] {
  const chance = Chance.of(seed, 'drawn faults');
  const one = <T>(list: readonly T[]): T => list[chance.between(0, list.length - 1)] as T;
  return Array.from({ length: count }, () => {
    const name = one(Object.keys(FAULTS)) as FaultName;
    const seconds = (until.getTime() - from.getTime()) / 1000;
    const at = new Date(from.getTime() + chance.between(0, seconds) * 1000);
    const { on: kind, minutes: lasts }: FaultKind = FAULTS[name];
    const on = kind?.draw(targets, one, chance);
    const minutes = lasts === undefined ? undefined : chance.between(1, Math.min(40, lasts * 2));
    return {
      name,
      at,
      ...(on !== undefined && { on }),
      ...(minutes !== undefined && { minutes }),
    };
  });
}
