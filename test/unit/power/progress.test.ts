import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/power/decide.ts';
import {
  answered,
  closingRun,
  drainedAt,
  illAt,
  proof,
  run,
  STOPPED,
  sent,
  situation,
  stepsOf,
  truth,
} from '../support/power.ts';
import { iso } from '../support/time.ts';

describe('the answers of probes', () => {
  it('prove a node at the time of their answer, under the address it has now', () => {
    const commands = { a: sent('probe', '07:02:40') };
    const seen = truth({ commands: { a: answered('07:02:44') } });

    const { progress } = decide(run({ progress: { commands } }), seen, situation('07:03'));

    expect(progress.proofs.a).toEqual({ at: iso('07:02:44'), address: 'a.example' });
    expect(progress.commands).toEqual({});
  });

  it('leave the reason of a node that does not serve, until one succeeds', () => {
    const commands = { a: sent('probe', '07:02:40') };
    const ill = { ...answered('07:02:44'), ok: false, said: 'no answer to C-ECHO' };
    const before = { commands, unproven: { a: illAt('07:01', 'older') } };

    const failed = decide(
      run({ progress: before }),
      truth({ commands: { a: ill } }),
      situation('07:03'),
    );
    const served = decide(
      run({ progress: before }),
      truth({ commands: { a: answered('07:02:44') } }),
      situation('07:03'),
    );

    expect(failed.progress.unproven).toEqual({
      a: { at: iso('07:03'), said: 'no answer to C-ECHO' },
    });
    expect(failed.progress.proofs).toEqual({});
    expect(served.progress.unproven).toEqual({});
  });

  it('are waited for no longer than five minutes', () => {
    const commands = { a: sent('probe', '07:02'), b: sent('probe', '07:02') };
    const seen = truth({ commands: { a: { state: 'pending' } } });

    const early = decide(run({ progress: { commands } }), seen, situation('07:06:59'));
    const late = decide(run({ progress: { commands } }), seen, situation('07:07'));

    expect(early.progress.unproven).toEqual({});
    expect(late.progress.unproven).toEqual({
      a: { at: iso('07:07'), said: 'the probe gave no answer' },
      b: { at: iso('07:07'), said: 'the probe gave no answer' },
    });
    // What nobody has seen is asked again before anything is done about it.
    expect(stepsOf(late)).toEqual([]);
  });
});

describe('a start that EC2 took', () => {
  const starting = {
    progress: { started: { a: { at: iso('07:01'), attempts: 2, text: 'as before' } } },
  };

  it('and could not keep is a refusal: the next try waits, twice as long each time', () => {
    const fell = 'Client.InternalError: Client error on launch';
    const seen = truth({ a: { state: 'stopped', fell } });

    const decision = decide(run(starting), seen, situation('07:02'));

    expect(decision.progress.troubles.a).toEqual({
      attempts: 3,
      notBefore: iso('07:04'),
      text: fell,
    });
    expect(decision.progress.started).toEqual({});
    expect(decision.because).toContain(`node a is stopped (${fell})`);
    expect(stepsOf(decision)).not.toContain('start-node a');
  });

  it('is over when the instance runs', () => {
    const decision = decide(run(starting), truth(), situation('07:02'));

    expect(decision.progress).toMatchObject({ started: {}, troubles: {} });
  });

  it('is not made again, nor held against it, while EC2 may still show the instance as before', () => {
    const fell = 'Client.InternalError: Client error on launch';
    const seen = truth({ a: { state: 'stopped', fell } });

    const decision = decide(run(starting), seen, situation('07:01:59'));

    expect(decision.progress).toMatchObject(starting.progress);
    expect(decision.progress.troubles).toEqual({});
    expect(decision.because).toContain('node a has been told to start (as before)');
    expect(stepsOf(decision)).not.toContain('start-node a');
  });
});

describe('a drain', () => {
  const commands = { b: sent('drain', '19:01') };
  const draining = closingRun({ progress: { commands } });
  const seen = (b: NonNullable<Parameters<typeof truth>[0]>['commands']) =>
    truth({ a: { state: 'stopped' }, commands: b });

  it('keeps its node running for as long as it is under way', () => {
    const decision = decide(draining, seen({ b: { state: 'pending' } }), situation('19:05:59'));

    expect(decision).toMatchObject({
      next: 'wait',
      because: expect.stringContaining('associations'),
    });
  });

  it('that has ended lets its node stop', () => {
    const decision = decide(draining, seen({ b: answered('19:02') }), situation('19:02:05'));

    expect(stepsOf(decision)).toEqual(['stop-node b']);
    expect(decision.progress.drained).toEqual({ b: drainedAt('19:02:05') });
  });

  it('that fails lets its node stop all the same', () => {
    const said = '2 connections were still open';
    const failed = { ...answered('19:02'), ok: false, said };

    const decision = decide(draining, seen({ b: failed }), situation('19:02:05'));

    expect(stepsOf(decision)).toEqual(['stop-node b']);
    expect(decision.progress.drained).toEqual({ b: drainedAt('19:02:05', said) });
  });

  it('that never answers is given up after five minutes', () => {
    const decision = decide(draining, seen({ b: { state: 'pending' } }), situation('19:06'));

    expect(stepsOf(decision)).toEqual(['stop-node b']);
    expect(decision.progress.drained).toEqual({
      b: drainedAt('19:06', 'the drain gave no answer'),
    });
  });
});

describe('an undrain', () => {
  const undraining = run({
    progress: {
      commands: { a: sent('undrain', '07:02') },
      drained: { a: drainedAt('07:01'), b: drainedAt('07:01') },
      unproven: { a: illAt('07:01:50') },
    },
  });
  const learnt = (a: NonNullable<ReturnType<typeof truth>['commands']['a']>, time: string) =>
    decide(undraining, truth({ commands: { a } }), situation(time)).progress;

  it('is remembered with its time, and its node is no longer drained', () => {
    const progress = learnt(answered('07:02:10'), '07:02:15');

    expect(progress.undrained).toEqual({ a: iso('07:02:15') });
    expect(progress.drained).toEqual({ b: drainedAt('07:01') });
    expect(progress.commands).toEqual({});
  });

  it('proves nothing: only the next probe does', () => {
    const progress = learnt(answered('07:02:10'), '07:02:15');

    expect(progress.proofs).toEqual({});
    expect(progress.unproven).toEqual({ a: illAt('07:01:50') });
  });

  it('is under way for five minutes at the most', () => {
    const early = learnt({ state: 'pending' }, '07:06:59');
    const late = learnt({ state: 'pending' }, '07:07');

    expect([early.undrained, early.commands.a?.kind]).toEqual([{}, 'undrain']);
    expect([late.undrained, late.commands]).toEqual([{ a: iso('07:07') }, {}]);
  });

  it('that failed counts as well: the next is due three minutes later', () => {
    const failed = { ...answered('07:02:10'), ok: false, said: 'no docker' };

    const progress = learnt(failed, '07:02:15');

    expect(progress.undrained).toEqual({ a: iso('07:02:15') });
    expect(progress.unproven).toEqual({ a: illAt('07:01:50') });
  });
});

describe('the phases', () => {
  it('are closed with their seconds as the run goes on', () => {
    const looks: [string, ReturnType<typeof truth>][] = [
      ['07:00:20', truth(STOPPED)],
      ['07:04:20', truth({ ...STOPPED, database: 'available' })],
      ['07:04:35', truth({ a: { state: 'pending' }, b: { state: 'pending' } })],
      ['07:05:35', truth({ a: { checksOk: false }, b: { checksOk: false } })],
      ['07:07:05', truth()],
    ];

    let ours = run();
    for (const [time, seen] of looks) ours = { ...ours, ...decide(ours, seen, situation(time)) };

    expect(ours.progress.phases).toEqual([
      { name: 'database', seconds: 240 },
      { name: 'instances', seconds: 75 },
      { name: 'checks', seconds: 90 },
    ]);
    expect(ours.progress).toMatchObject({ phase: 'probe', phaseSince: iso('07:07:05') });
  });

  it('end with the last that was open', () => {
    const proofs = { a: proof('a', '07:07:30'), b: proof('b', '07:07:30') };
    const probing = { phase: 'probe', phaseSince: iso('07:07:05'), proofs };

    const { progress } = decide(run({ progress: probing }), truth(), situation('07:07:35'));

    expect(progress.phases).toEqual([{ name: 'probe', seconds: 30 }]);
  });
});
