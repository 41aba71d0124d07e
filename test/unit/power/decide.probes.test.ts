import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/power/decide.ts';
import {
  answered,
  closingRun,
  illAt,
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

describe('a node that failed its probe', () => {
  /** Node b serves; node a was told to take clients again at 07:04, and failed its probe again. */
  const again = (failedAt: string, undrainedAt = '07:04') =>
    run({
      progress: {
        undrained: { a: iso(undrainedAt) },
        unproven: { a: illAt(failedAt) },
        proofs: { b: proof('b', '07:05:40') },
      },
    });

  it('is told to take clients again, and is not probed in the same look', () => {
    const proofs = { b: proof('b', '07:04:50') };
    const ill = run({ progress: { unproven: { a: illAt('07:04:10') }, proofs } });

    const decision = decide(ill, truth(), situation('07:05'));

    expect(decision.next).toBe('act');
    expect(decision.steps).toEqual([{ kind: 'undrain', node: 'a', instanceId: 'i-a' }]);
    expect(decision.because).toBe('node a does not serve: Connection refused');
  });

  it('does not keep its peer from being probed', () => {
    const ill = run({ progress: { unproven: { a: illAt('07:04:10') } } });

    const decision = decide(ill, truth(), situation('07:05'));

    expect(stepsOf(decision)).toEqual(['undrain a', 'probe b']);
  });

  it('is probed again once it has been told to take clients again', () => {
    const commands = { a: sent('undrain', '07:04') };
    const ours = run({ progress: { commands, unproven: { a: illAt('07:03:40') } } });
    const at = (state: Parameters<typeof truth>[0]) =>
      stepsOf(decide(ours, truth(state), situation('07:04:30')));

    expect(at({ commands: { a: { state: 'pending' } } })).toEqual(['probe b']);
    expect(at({ commands: { a: answered('07:04:20') } })).toEqual(['probe a', 'probe b']);
  });

  it('is probed again after 20 seconds, not before, and that is what the run waits for', () => {
    const early = decide(again('07:05:41'), truth(), situation('07:06'));
    const due = decide(again('07:05:40'), truth(), situation('07:06'));

    expect(early).toMatchObject({ next: 'wait', seconds: 20 });
    expect(stepsOf(due)).toEqual(['probe a']);
  });

  it('is left alone where it takes connections and cannot answer: the cause is elsewhere', () => {
    const ill = { ...illAt('07:05:30', 'nginx answers 503'), listens: true };

    const decision = decide(
      run({ progress: { unproven: { a: ill }, proofs: { b: proof('b', '07:05:50') } } }),
      truth(),
      situation('07:06'),
    );

    expect(stepsOf(decision)).toEqual(['probe a']);
    expect(decision.because).toBe('node a does not serve: nginx answers 503');
  });

  it('is told to take clients again after three minutes, not before', () => {
    const steps = ['07:03:01', '07:03'].map((undrainedAt) =>
      stepsOf(decide(again('07:05:30', undrainedAt), truth(), situation('07:06'))),
    );

    expect(steps).toEqual([['probe a'], ['undrain a']]);
  });

  it('may have been drained by a run that was called off: it is undrained, probed, and serves', () => {
    const proofs = { b: proof('b', '07:05:20') };
    const ill = answered('07:05:10', { ok: false, said: 'refused', answer: { listens: false } });
    const looks: [string, ReturnType<typeof truth>][] = [
      ['07:05', truth()],
      ['07:05:15', truth({ commands: { a: ill } })],
      ['07:05:30', truth({ commands: { a: answered('07:05:25') } })],
      ['07:05:50', truth()],
      ['07:06', truth({ commands: { a: answered('07:05:55') } })],
    ];

    let ours = run({ progress: { proofs } });
    const steps: string[][] = [];
    for (const [time, seen] of looks) {
      const decision = decide(ours, seen, situation(time));
      steps.push(stepsOf(decision));
      const commands = { ...decision.progress.commands };
      for (const step of decision.steps) {
        if (step.kind === 'probe' || step.kind === 'undrain') {
          commands[step.node] = sent(step.kind, time);
        }
      }
      ours = { ...ours, ...decision, progress: { ...decision.progress, commands } };
    }

    expect(steps).toEqual([['probe a'], ['undrain a'], [], ['probe a'], []]);
    expect(ours).toMatchObject({
      outcome: 'done',
      progress: { undrained: { a: iso('07:05:30') }, unproven: {} },
    });
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
    const again = run({ progress: { commands, unproven: { a: illAt('07:14:40') } } });
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
