import { expect, it } from 'vitest';
import { runningLab } from '../support/running-lab.ts';

const { send } = await runningLab();

it.each(['a', 'b'] as const)(
  'finds that node %s serves, and says by what it knows',
  async (node) => {
    const { code, json } = await send(node, 'probe');

    expect(code).toBe(0);
    expect(json).toMatchObject({
      serves: true,
      verdict: 'serves',
      containers: { nginx: { state: 'running' }, orthanc: { state: 'running' } },
      health: { nginx: 200, orthanc: 200, deep: 200 },
      pair: { matches: true },
      database: { reached: true },
      storage: { writes: true, reads: true },
    });
  },
);
