import { expect, it } from 'vitest';
import { collected } from './support/collected.ts';
import { soak } from './support/soak.ts';

it('comes through random faults, up to three at once, on both kinds of site', async () => {
  const seeds = [3, 17, 30, 45, 62, 75, 91, 106, 127, 138];

  const plays = await collected(soak(seeds));

  const broken = plays.filter(({ result }) => result.failure);
  expect(broken.map(({ replay, result }) => `${replay}: ${result.failure?.message}`)).toEqual([]);
  expect(plays).toHaveLength(40);
  // Three faults were drawn, and most of all that are drawn strike something.
  expect(Math.max(...plays.map(({ faults }) => faults.length))).toBe(3);
  const drawn = plays.flatMap(({ faults }) => faults);
  const missed = plays.flatMap(({ result }) => result.unstruck);
  expect(missed.length).toBeLessThan(drawn.length / 2);
});

it('gives with each play the command that plays the same again', async () => {
  const [, , closing] = await collected(soak([9]));

  expect(closing?.replay).toMatch(
    /^npm start -- --config examples\/clinic-toronto\.ts --from 2026-11-30 --days 1 --seed 9 --fault '/,
  );
  expect(closing?.replay).toMatch(/@2026-11-30T(18:5\d|19:[01]\d)/);
});
