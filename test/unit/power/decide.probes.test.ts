import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/power/decide.ts';
import {
  answered,
  closingRun,
  NIGHT,
  proof,
  run,
  STOPPED,
  sent,
  situation,
  stepsOf,
  truth,
} from '../support/power.ts';
import { iso } from '../support/time.ts';

describe('probes', () => {
  it('run once all else is ready', () => {
    const early = decide(run(), truth({ b: { online: false } }), situation('07:03'));
    const ready = decide(run(), truth(), situation('07:03'));

    expect(stepsOf(early)).toEqual([]);
    expect(stepsOf(ready)).toEqual(['probe a', 'probe b']);
    expect(ready.because).toBe(
      'node a is not proven to serve yet; node b is not proven to serve yet',
    );
  });

  it('are not sent again while one is under way', () => {
    const commands = { a: sent('probe', '07:02:55') };

    const decision = decide(run({ progress: { commands } }), truth(), situation('07:03'));

    expect(stepsOf(decision)).toEqual(['probe b']);
  });

  it('are not sent to a node that has just been proven', () => {
    const proofs = { a: proof('a', '07:02:50') };

    const decision = decide(run({ progress: { proofs } }), truth(), situation('07:03'));

    expect(stepsOf(decision)).toEqual(['probe b']);
  });

  it('that AWS refused are not sent again before their pause is over', () => {
    const text = 'InvalidInstanceId: Instances not in a valid state';
    const troubles = { a: { attempts: 1, notBefore: iso('07:03:30'), text } };

    const decision = decide(run({ progress: { troubles } }), truth(), situation('07:03'));

    expect(stepsOf(decision)).toEqual(['probe b']);
  });

  it('run when the stop of a peer hangs on them', () => {
    const decision = decide(run({ goal: NIGHT }), truth(), situation('07:03'));

    expect(stepsOf(decision)).toEqual(['probe a']);
  });

  it('are no part of a stop of the whole site', () => {
    const decision = decide(closingRun(), truth(), situation('19:01'));

    expect(stepsOf(decision)).toEqual(['drain a', 'drain b']);
  });

  it('run when a notice that is due must name an address', () => {
    const seen = truth({ b: { state: 'pending' } });

    const decision = decide(run(), seen, situation('07:15'));

    expect(decision.next).toBe('act');
    expect(stepsOf(decision)).toEqual(['probe a']);
  });
});

describe('a late run', () => {
  const seen = truth({ b: { state: 'pending' } });
  const told = { lateTold: true };

  it('is told after 15 minutes, not before, and once', () => {
    const proofs = { a: proof('a', '07:14:50') };
    const ours = run({ progress: { proofs } });

    const nexts = [
      decide(ours, seen, situation('07:14:59')).next,
      decide(ours, seen, situation('07:15')).next,
      decide(ours, seen, situation('07:15', told)).next,
    ];

    expect(nexts).toEqual(['wait', 'tell', 'wait']);
  });

  it('counts from the planned instant, not from its own begin', () => {
    const proofs = { a: proof('a', '07:14:50') };
    const second = run({ beganAt: iso('07:14'), progress: { proofs } });

    const decision = decide(second, seen, situation('07:15'));

    expect(decision).toMatchObject({ next: 'tell', because: 'node b is pending' });
  });

  it('is not told before the probes under way have answered', () => {
    const commands = { a: sent('probe', '07:14:58') };
    const ours = run({ progress: { commands } });

    const pending = decide(
      ours,
      truth({ b: { state: 'pending' }, commands: { a: { state: 'pending' } } }),
      situation('07:15:05'),
    );
    const answer = decide(
      ours,
      truth({ b: { state: 'pending' }, commands: { a: answered('07:15:03') } }),
      situation('07:15:15'),
    );

    expect([pending.next, answer.next]).toEqual(['wait', 'tell']);
  });

  it('waits for a second probe under way, although the first has found a node ill', () => {
    const commands = { a: sent('probe', '07:14:58') };
    const again = run({ progress: { commands, unproven: { a: 'nginx answers 502' } } });
    const seen = truth({ b: { state: 'pending' }, commands: { a: { state: 'pending' } } });

    const decision = decide(again, seen, situation('07:15:05'));

    expect(decision.next).toBe('wait');
  });

  it('is told without an address when the probe has found that nothing serves', () => {
    const commands = { a: sent('probe', '07:14:58') };
    const ill = { ...answered('07:15:03'), ok: false, said: 'nginx answers 502' };

    const decision = decide(
      run({ progress: { commands } }),
      truth({ b: { state: 'pending' }, commands: { a: ill } }),
      situation('07:15:15'),
    );

    expect(decision.next).toBe('tell');
    expect(decision.progress.proofs).toEqual({});
  });

  it('is told at once when no node can serve', () => {
    const decision = decide(run(), truth({ ...STOPPED, database: 'starting' }), situation('07:15'));

    expect(decision.next).toBe('tell');
  });
});
