import crypto, { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seeded chance: the same seed draws the same numbers in the same order. */
export class Chance {
  private readonly generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.generator = xoroshiro128plus(seed);
  }

  /**
   * The chance that belongs to one occasion. What is drawn for it depends on nothing else, so
   * that one event more or less leaves all others as they are.
   */
  static of(seed: number, occasion: string): Chance {
    return new Chance(createHash('sha256').update(`${seed} ${occasion}`).digest().readInt32LE(0));
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return uniformInt(this.generator, low, high);
  }

  /** A fraction from 0 (included) to 1 (excluded), as `Math.random` gives it. */
  fraction(): number {
    return this.between(0, 2 ** 30 - 1) / 2 ** 30;
  }

  /** Letters and digits, for identifiers that AWS would make up. */
  identifier(length: number): string {
    return Array.from({ length }, () => this.between(0, 15).toString(16)).join('');
  }

  /** An identifier in the form of a UUID: messages, commands and events have such. */
  uuid(): string {
    return this.identifier(32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}

/**
 * From now on the code under test draws the same from `Math.random` and `randomBytes` in each play of
 * a seed: else no two plays would issue the same certificate. Gives the process its own chance back.
 */
export function seedProcess(seed: number): () => void {
  const { randomBytes } = crypto;
  const { random } = Math;
  const jitter = Chance.of(seed, 'Math.random');
  const bytes = Chance.of(seed, 'randomBytes');
  Math.random = () => jitter.fraction();
  const drawn = (size: number) => Buffer.from(bytes.identifier(2 * size), 'hex');
  const replace = (by: typeof randomBytes) => {
    crypto.randomBytes = by;
    // Those who have imported it by name.
    syncBuiltinESMExports();
  };
  replace(drawn as typeof randomBytes);
  return () => {
    Math.random = random;
    replace(randomBytes);
  };
}
