import type { SimulationResult } from '../../../simulator/simulation.ts';

/** What the true world last became: `{ 'node a': 'running', … }`; what never changed is not in it. */
export const ends = ({ entries }: SimulationResult): Record<string, string> =>
  Object.fromEntries(
    entries.filter(({ kind }) => kind === 'world').map(({ who, text }) => [who, text]),
  );

export const OPEN = { 'node a': 'running', 'node b': 'running', database: 'available' };
export const CLOSED = { 'node a': 'stopped', 'node b': 'stopped', database: 'stopped' };
