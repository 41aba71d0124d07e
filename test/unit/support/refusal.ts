import { expect } from 'vitest';
import { problemsIn, site } from './config.ts';

/** A change of a site that nobody can deploy, and what is said of it; the remedy is a pattern. */
export type Mistake = [
  behaviour: string,
  change: object,
  field: string,
  value: string,
  remedy: string,
];

/** A mistake is refused as the only one, in our words. */
export function expectRefusal([, change, field, value, remedy]: Mistake): void {
  const { message, problems } = problemsIn({ ...site, ...change });

  expect(problems).toEqual([{ field, value, remedy: expect.stringMatching(new RegExp(remedy)) }]);
  expect(message).toBe(`${field}: ${value} ${problems[0]?.remedy}`);
  expect(message).not.toMatch(/invalid|expected|received|unrecognized|undefined/i);
}

/** How many of them are not the same as another. */
export function differentOf(mistakes: readonly Mistake[]): number {
  const named = (_: string, value: unknown) => (value === undefined ? 'left out' : value);
  return new Set(mistakes.map(([, change]) => JSON.stringify(change, named))).size;
}
