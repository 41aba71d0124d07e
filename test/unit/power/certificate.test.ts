import { describe, expect, it, vi } from 'vitest';
import { decide } from '../../../functions/power/decide.ts';
import { create as look } from '../../../functions/power/look.ts';
import type { Run } from '../../../functions/power/run.ts';
import { clients, context } from '../support/clients.ts';
import { cloud } from '../support/cloud.ts';
import {
  addressOf,
  answered,
  EXECUTION,
  environment,
  NIGHT,
  proof,
  run,
  sent,
  situation,
  stepsOf,
  truth,
} from '../support/power.ts';
import { report, topic, underWay } from '../support/report.ts';
import { intents, lease } from '../support/site.ts';
import { memoryTable } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock();

const uncertified = (time: string, reason = 'it is self-signed') => ({ since: iso(time), reason });
const proven = { b: proof('b', '07:02:50') };

describe('a probe', () => {
  const probed = (answer: object, ok = true) => {
    const commands = { a: sent('probe', '07:02:40') };
    const said = answered('07:02:44', { ok, answer: { ...answer }, said: 'it is self-signed' });
    return decide(
      run({ progress: { commands, proofs: proven } }),
      truth({ commands: { a: said } }),
      situation('07:03'),
    ).progress;
  };

  it.each(['certificate-mismatch', 'certificate-untrusted'])(
    'that finds a %s leaves no proof, and no trouble but the certificate',
    (verdict) => {
      const { proofs, unproven, uncertified: lacking } = probed({ verdict }, false);

      expect([proofs.a, unproven.a]).toEqual([undefined, undefined]);
      expect(lacking.a).toEqual(uncertified('07:03'));
    },
  );

  it('that finds a name of the node missing is no proof, however well it serves', () => {
    const { proofs, uncertified: lacking } = probed({ pair: { names: ['old.example'] } });

    expect(proofs.a).toBeUndefined();
    expect(lacking.a?.reason).toBe('its certificate does not name a.example');
  });

  it.each([
    ['names the node', { pair: { names: ['more', addressOf('a')] } }],
    ['is of a host that does not say what it names', {}],
    ['is of a host that could not look', { pair: null }],
  ])('is a proof where the certificate %s', (_, answer) => {
    expect(probed(answer).proofs.a).toEqual(proof('a', '07:02:44'));
  });

  it('keeps since when a certificate is lacking', () => {
    const commands = { a: sent('probe', '07:02:40') };
    const before = { commands, uncertified: { a: uncertified('07:01', 'older') } };
    const ill = answered('07:02:44', {
      ok: false,
      answer: { verdict: 'certificate-x' },
      said: 'new',
    });

    const { progress } = decide(
      run({ progress: before }),
      truth({ commands: { a: ill } }),
      situation('07:03'),
    );

    expect(progress.uncertified.a).toEqual(uncertified('07:01', 'new'));
  });
});

describe('a start that lacks a certificate', () => {
  const lacking = (more: Partial<Run['progress']> = {}) =>
    run({ progress: { uncertified: { a: uncertified('07:02:30') }, proofs: proven, ...more } });

  it('hands the lease over to the workflow that brings one, and says why', () => {
    const decision = decide(lacking(), truth(), situation('07:03'));

    expect(decision).toMatchObject({
      next: 'finish',
      outcome: 'certificate',
      steps: [],
      because: 'node a waits for a certificate: it is self-signed',
      progress: { phase: 'certificate' },
    });
  });

  it('is not probed again in the same run: the answer would be the same', () => {
    const both = { uncertified: { a: uncertified('07:02'), b: uncertified('07:02') }, proofs: {} };

    const decision = decide(lacking(both), truth(), situation('07:03', { resting: ['a', 'b'] }));

    expect(stepsOf(decision)).toEqual([]);
    expect(decision).toMatchObject({ next: 'wait', seconds: 60 });
  });

  it('waits two minutes for a node that comes up, so that both are done at once', () => {
    const early = { ...lacking({ proofs: {} }) };
    const coming = truth({ b: { state: 'pending' } });

    const [waits, hands] = ['07:04:29', '07:04:30'].map((time) =>
      decide(early, coming, situation(time)),
    );

    expect(waits?.next).toBe('wait');
    expect(hands).toMatchObject({ next: 'finish', outcome: 'certificate' });
  });

  it('hands over at once where the other lacks one, too, or is meant to be stopped', () => {
    const both = lacking({ uncertified: { a: uncertified('07:03'), b: uncertified('07:03') } });
    const alone = run({ goal: NIGHT, progress: { uncertified: { a: uncertified('07:03') } } });

    const decisions = [
      decide(both, truth(), situation('07:03')),
      decide(alone, truth({ b: { state: 'stopped' } }), situation('07:03')),
    ];

    expect(decisions.map(({ outcome }) => outcome)).toEqual(['certificate', 'certificate']);
  });

  it('waits for a command that is under way', () => {
    const commands = { b: sent('probe', '07:02:55') };

    const decision = decide(lacking({ commands, proofs: {} }), truth(), situation('07:03'));

    expect(decision.next).toBe('wait');
  });

  it('waits out the pause after a renewal that failed', () => {
    const decision = decide(lacking(), truth(), situation('07:03', { resting: ['a'] }));

    expect(decision).toMatchObject({ next: 'wait', seconds: 60 });
  });

  it('of one node hands over although the other rests', () => {
    const both = lacking({
      uncertified: { a: uncertified('07:02'), b: uncertified('07:02') },
      proofs: {},
    });

    const decision = decide(both, truth(), situation('07:03', { resting: ['a'] }));

    expect(decision).toMatchObject({
      outcome: 'certificate',
      because: 'node b waits for a certificate: it is self-signed',
    });
  });

  it('gives way to a change of the wish', () => {
    const decision = decide(lacking(), truth(), situation('07:03', { superseded: true }));

    expect(decision.outcome).toBe('superseded');
  });

  it('keeps its peer from being stopped', () => {
    const ours = run({ goal: NIGHT, progress: { uncertified: { a: uncertified('07:02') } } });

    const decision = decide(ours, truth(), situation('07:03', { resting: ['a'] }));

    expect(stepsOf(decision)).toEqual([]);
    expect(decision.because).toContain('node b keeps running until node a is proven to serve');
  });

  it('is told late like any other', () => {
    const ours = lacking({ proofs: { b: proof('b', '07:14:50') } });

    const decision = decide(ours, truth(), situation('07:15', { resting: ['a'] }));

    expect(decision.next).toBe('tell');
  });
});

describe('a look', () => {
  it('lets a node rest whose renewal failed, until its pause is over', async () => {
    const failing = { since: iso('07:00'), attempts: 1, notBefore: iso('07:03'), reason: 'x' };
    const ours = run({
      progress: { uncertified: { a: uncertified('07:02') }, proofs: { b: proof('b', '07:02:30') } },
    });
    const looked = async (time: string) => {
      vi.setSystemTime(at(time));
      const dynamodb = memoryTable({
        ...intents(),
        ...lease(),
        'CERTIFICATE#a': { published: {}, failing },
      });
      const handler = look(environment(), clients({ dynamodb, ...cloud() }));
      return (await handler({ run: ours }, context)) as Run;
    };

    const nexts = [(await looked('07:02:59')).next, (await looked('07:03')).outcome];

    expect(nexts).toEqual(['wait', 'certificate']);
  });
});

describe('the report of a run that hands over', () => {
  const ours = run({
    outcome: 'certificate',
    because: 'node a waits for a certificate: it is self-signed',
    progress: { uncertified: { a: uncertified('07:02') } },
  });

  it('gives the lease back and leaves what is wanted on record, in one transaction', async () => {
    const table = underWay({ 'CERTIFICATE#a': { published: { 1: iso('06:00') } } });
    const sns = topic();

    const answer = await report('07:03', { task: 'finish', run: ours }, table, sns);

    expect(answer).toEqual({ outcome: 'certificate' });
    expect(table.transactions).toEqual([['put LEASE', 'put CERTIFICATE#a']]);
    expect(table.value('CERTIFICATE#a')).toEqual({
      published: { 1: iso('06:00') },
      wanted: { since: iso('07:03'), reason: 'it is self-signed' },
    });
    expect(table.value('INTENT#a')).not.toHaveProperty('reachedAt');
    expect(sns.calls).toEqual([]);
  });

  it('writes a record where there is none, and nothing when it is repeated', async () => {
    const table = underWay();

    await report('07:03', { task: 'finish', run: ours }, table);
    await report('07:03:05', { task: 'finish', run: ours }, table);

    expect(table.value('CERTIFICATE#a')).toMatchObject({ published: {}, wanted: {} });
    expect(table.transactions).toHaveLength(1);
    expect(table.value('LEASE')).not.toMatchObject({ owner: EXECUTION });
  });
});
