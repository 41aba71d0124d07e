import { describe, expect, it } from 'vitest';
import { learn } from '../../../functions/certificate/progress.ts';
import type { Kind, Progress } from '../../../functions/certificate/run.ts';
import type { Invocation } from '../../../functions/shared/host-commands.ts';
import { issued, progress, sent, sight, truth } from '../support/certificate.ts';
import { at, iso } from '../support/time.ts';

type Ended = Extract<Invocation, { state: 'ended' }>;
const ended = (more: Partial<Ended> = {}): Ended => ({
  state: 'ended',
  document: 'clinic-probe',
  ok: true,
  code: 0,
  at: iso('12:00:04'),
  answer: {},
  said: 'x',
  ...more,
});

/** What is known at 12:01 of a command that was sent to node a at noon. */
const learnt = (
  kind: Kind,
  said: Invocation | undefined,
  more: Partial<Progress> = {},
  time = '12:01',
) =>
  learn(
    progress({ commands: { a: sent(kind, 'a', '12:00') }, node: 'a', stage: 'request', ...more }),
    truth(said ? { commands: { a: said } } : {}),
    at(time),
  );

describe('the answer of a probe', () => {
  const said = {
    verdict: 'serves',
    pair: {
      matches: true,
      fingerprint: 'AA',
      notAfter: '2026-12-01T00:00:00Z',
      names: ['a.example', '10.0.0.1'],
      daysLeft: 8,
    },
    authorities: ['CA:01'],
    web: { listens: true, fingerprint: 'AA', daysLeft: 8 },
    dicom: { listens: true, fingerprint: 'BB' },
  };

  it('is what is known of the host, as far as certificates go', () => {
    const { inspections, commands } = learnt('probe', ended({ answer: said }));

    expect(inspections.a).toEqual({
      at: iso('12:00:04'),
      serves: true,
      verdict: 'serves',
      pair: {
        fingerprint: 'AA',
        notAfter: '2026-12-01T00:00:00Z',
        names: ['a.example', '10.0.0.1'],
      },
      authorities: ['CA:01'],
      web: 'AA',
      dicom: 'BB',
    });
    expect(commands).toEqual({});
  });

  it('has no pair where key and certificate do not fit, or could not be read', () => {
    const pairs = [{ matches: false }, null, undefined, { matches: true }].map(
      (pair) => learnt('probe', ended({ answer: { ...said, pair } })).inspections.a?.pair,
    );

    expect(pairs).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('knows a port that answers and shows no certificate from one that does not answer', () => {
    const dark = { web: { listens: true, fingerprint: null }, dicom: { listens: false } };

    const { inspections } = learnt('probe', ended({ answer: { ...said, ...dark } }));

    expect(inspections.a?.web).toBe('');
    expect(inspections.a).not.toHaveProperty('dicom');
  });

  it('says null for what could not be seen', () => {
    const nothing = {
      verdict: 'nginx-down',
      pair: null,
      authorities: null,
      web: null,
      dicom: null,
    };

    const { inspections } = learnt('probe', ended({ ok: false, code: 1, answer: nothing }));

    expect(inspections.a).toEqual({
      at: iso('12:00:04'),
      serves: false,
      verdict: 'nginx-down',
      reason: 'x',
      authorities: [],
    });
  });

  it('is no verdict where the script was cut off, or never ran', () => {
    const { inspections } = learnt(
      'probe',
      ended({ ok: false, code: -1, at: '', said: 'TimedOut' }),
    );

    expect(inspections.a).toMatchObject({
      at: iso('12:01'),
      verdict: 'unknown',
      reason: 'TimedOut',
    });
  });
});

describe('a command under way', () => {
  it.each([
    ['is pending', { state: 'pending' } as const],
    ['is not listed yet', undefined],
  ])('that %s is waited for, for five minutes', (_, said) => {
    const early = learnt('probe', said, {}, '12:04:59');
    const late = learnt('probe', said, {}, '12:05');

    expect(early.commands.a).toBeDefined();
    expect(late.inspections.a).toMatchObject({ reason: 'the host gave no answer' });
  });
});

describe('a request that has been made', () => {
  it('is kept, so that whoever signs reads it on the host itself', () => {
    const first = learnt('certificate-request', ended());
    const again = learn(first, truth({ commands: { a: ended() } }), at('12:30'));

    expect(first).toMatchObject({ stage: 'sign', stageSince: iso('12:01') });
    expect(first.commands.a).toEqual(sent('certificate-request', 'a', '12:00'));
    expect(again).toEqual(first);
  });
});

describe('an install that has been made', () => {
  it('makes what was seen of its node before count no longer', () => {
    const seen = { a: sight('11:59', 'old'), b: sight('11:59', 'old') };

    const after = learnt('certificate-install', ended(), { stage: 'install', seen });

    expect(after).toMatchObject({ stage: 'verify', stageSince: iso('12:01'), commands: {} });
    expect(Object.keys(after.seen)).toEqual(['b']);
  });

  it('is to be undone where the run has failed meanwhile', () => {
    const failure = { node: 'a', stage: 'install', reason: 'too long', passing: true } as const;
    const before = { stage: 'rollback', failure: { ...failure, restored: false } } as const;

    const after = learnt('certificate-install', ended(), { ...before, issued: issued('a') });

    expect(after).toMatchObject({ stage: 'rollback', failure: { restored: false }, commands: {} });
  });
});

it('A host at which another script is at work leaves the stage as it is.', () => {
  const busy = ended({ ok: false, code: 75 });

  for (const kind of ['certificate-request', 'certificate-install'] as const) {
    const after = learnt(kind, busy);

    expect(after).toEqual(progress({ node: 'a', stage: 'request' }));
  }
});
