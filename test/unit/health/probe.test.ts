import { expect, it } from 'vitest';
import { create } from '../../../functions/health/probe.ts';
import type { Sight, View } from '../../../functions/shared/view.ts';
import { clients, context } from '../support/clients.ts';
import { iso } from '../support/time.ts';

const SIGHT: Sight = {
  at: iso('20:00'),
  web: { trusted: true, status: 200 },
  dicom: { trusted: true, echo: true },
};
const REACHED = { at: iso('20:00'), reached: 'reached' } as const;

const A = { node: 'a', address: '10.0.0.10', name: 'node-a.example.org' } as const;
const B = { node: 'b', address: '10.0.1.10', name: '203.0.113.7' } as const;
const EVENT = { nodes: [A, B], authorities: 'PEM', database: 'database.example.org' };

function probe(event: unknown, view: Partial<View>) {
  const blind: View = {
    look: () => Promise.reject(new Error('no node was to be looked at')),
    database: () => Promise.reject(new Error('the database was not to be looked at')),
  };
  const given = clients({ view: { ...blind, ...view } });
  return create({ AE_TITLE: 'CLINIC', POWERTOOLS_LOG_LEVEL: 'SILENT' }, given)(event, context);
}

it('looks at each node by its address and name, and greets the database', async () => {
  const asked: unknown[] = [];

  const probed = await probe(EVENT, {
    look: async (question) => {
      asked.push(question);
      return { ...SIGHT, at: question.address };
    },
    database: async (address) => {
      asked.push(address);
      return REACHED;
    },
  });

  const same = { authorities: 'PEM', aeTitle: 'CLINIC' };
  expect(asked).toEqual([
    { address: '10.0.0.10', name: 'node-a.example.org', ...same },
    { address: '10.0.1.10', name: '203.0.113.7', ...same },
    'database.example.org',
  ]);
  expect(probed).toEqual({
    nodes: { a: { ...SIGHT, at: '10.0.0.10' }, b: { ...SIGHT, at: '10.0.1.10' } },
    database: REACHED,
  });
});

it('asks all at once: what is silent keeps nobody else waiting', async () => {
  const waiting: (() => void)[] = [];
  const turn = () => new Promise<void>((resolve) => waiting.push(resolve));

  const probed = probe(EVENT, {
    look: () => turn().then(() => SIGHT),
    database: () => turn().then(() => REACHED),
  });
  await new Promise(setImmediate);

  expect(waiting).toHaveLength(3);
  for (const goOn of waiting) goOn();
  expect(await probed).toEqual({ nodes: { a: SIGHT, b: SIGHT }, database: REACHED });
});

it('greets the database also where no node runs', async () => {
  const probed = await probe({ ...EVENT, nodes: [] }, { database: async () => REACHED });

  expect(probed).toEqual({ nodes: {}, database: REACHED });
});

it('says nothing at all where a look breaks, rather than half of it', async () => {
  const broken = probe(EVENT, {
    look: () => Promise.reject(new Error('EMFILE: too many open files')),
    database: async () => REACHED,
  });

  await expect(broken).rejects.toThrow('EMFILE');
});

it.each([
  ['a node of another name', { ...EVENT, nodes: [{ ...A, node: 'c' }] }],
  ['no authorities', { nodes: [A], database: 'database.example.org' }],
  ['no database', { nodes: [A], authorities: 'PEM' }],
])('does not look where it is asked for %s', async (_, event) => {
  await expect(probe(event, {})).rejects.toThrow(/^event: /);
});
