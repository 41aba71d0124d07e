import { expect, it } from 'vitest';
import type { Run } from '../../../functions/certificate/run.ts';
import { create } from '../../../functions/certificate/verify.ts';
import type { Question, Sight } from '../../../functions/shared/view.ts';
import { clients, context } from '../support/clients.ts';
import { iso } from '../support/time.ts';

const sight = (fingerprint: string): Sight => ({
  at: iso('12:00:30'),
  web: { trusted: true, fingerprint, status: 200 },
  dicom: { trusted: true, fingerprint, echo: true },
});

const authority = (number: number) => ({
  number,
  fingerprint: `AA:0${number}`,
  notAfter: iso('12:00'),
  pem: `the PEM of ${number}\n`,
});

const RUN: Run = {
  execution: 'arn:aws:states:eu-west-2:111122223333:execution:clinic-certificate:this',
  fence: 7,
  wanted: { trigger: 'daily', nodes: ['a', 'b'], force: false, dryRun: false },
  authorities: [authority(1), authority(2)],
  beganAt: iso('12:00'),
  progress: {
    commands: {},
    inspections: {},
    seen: { a: sight('AA:OLD') },
    addresses: {},
    renewed: {},
  },
  next: 'verify',
  seconds: 0,
  steps: [],
  targets: [
    { node: 'a', address: '10.0.0.7', name: 'a.example.org' },
    { node: 'b', address: '10.0.0.8', name: 'b.example.org' },
  ],
  because: '',
  seenAt: iso('12:00'),
};

const SETTINGS = { AE_TITLE: 'CLINIC', POWERTOOLS_LOG_LEVEL: 'SILENT' };

/** Verifies; a node shows its address. Nobody is answered before all have been asked. */
async function verify(run: Run): Promise<{ looked: Run; asked: Question[] }> {
  const asked: Question[] = [];
  let all = () => {};
  const together = new Promise<void>((resolve) => {
    all = resolve;
  });
  const view = {
    look: async (question: Question) => {
      asked.push(question);
      if (asked.length === run.targets.length) all();
      await together;
      return sight(question.address);
    },
    database: () => Promise.reject(new Error('nobody was to look')),
  };
  const handler = create(SETTINGS, clients({ view }));
  return { looked: await handler({ run }, context), asked };
}

it('looks at all targets at once, as a client that trusts all authorities of the site', async () => {
  const { looked, asked } = await verify(RUN);

  const authorities = 'the PEM of 1\n\nthe PEM of 2\n';
  const aeTitle = 'CLINIC';
  expect(asked).toEqual([
    { address: '10.0.0.7', name: 'a.example.org', authorities, aeTitle },
    { address: '10.0.0.8', name: 'b.example.org', authorities, aeTitle },
  ]);
  const seen = { a: sight('10.0.0.7'), b: sight('10.0.0.8') };
  expect(looked).toEqual({ ...RUN, progress: { ...RUN.progress, seen } });
});

it('keeps what was seen of a node that is no target now', async () => {
  const { looked } = await verify({ ...RUN, targets: RUN.targets.slice(1) });

  expect(looked.progress.seen).toEqual({ a: sight('AA:OLD'), b: sight('10.0.0.8') });
});
