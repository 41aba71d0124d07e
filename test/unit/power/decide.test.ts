import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/power/decide.ts';
import { closingRun, proof, run, STOPPED, situation, stepsOf, truth } from '../support/power.ts';
import { iso } from '../support/time.ts';

describe('a start', () => {
  it('acts on everything that can be done at once, and says why', () => {
    const decision = decide(
      run(),
      truth({ ...STOPPED, database: 'available' }),
      situation('07:02'),
    );

    expect(decision).toMatchObject({
      next: 'act',
      because: 'node a is stopped; node b is stopped',
      seenAt: iso('07:02'),
    });
    expect(stepsOf(decision)).toEqual(['start-node a', 'start-node b']);
  });

  it('waits when there is nothing to do but wait, for as long as the soonest needs', () => {
    const seen = truth({ a: { state: 'pending' }, b: { checksOk: false } });

    const decision = decide(run(), seen, situation('07:02'));

    expect(decision).toMatchObject({
      next: 'wait',
      steps: [],
      seconds: 20,
      because: 'node a is pending; node b has not passed its status checks yet',
    });
  });

  it('starts the second node although the first has no capacity', () => {
    const text = 'InsufficientInstanceCapacity: none';
    const troubles = { a: { attempts: 1, notBefore: iso('07:03'), text } };
    const seen = truth({ ...STOPPED, database: 'available' });

    const decision = decide(run({ progress: { troubles } }), seen, situation('07:02'));

    expect(stepsOf(decision)).toEqual(['start-node b']);
  });

  it('is done when both nodes have been proven to serve', () => {
    const proofs = { a: proof('a', '07:04:50'), b: proof('b', '07:04:50') };

    const decision = decide(run({ progress: { proofs } }), truth(), situation('07:05'));

    expect(decision).toMatchObject({
      next: 'finish',
      outcome: 'done',
      because: 'everything is as wished',
    });
  });

  it('decides the same again for a run that was cut off and begins anew', () => {
    const first = run({ beganAt: iso('07:00:10') });
    const second = run({ beganAt: iso('07:02'), execution: 'another', fence: 8 });
    const seen = truth({ b: { state: 'stopped' } });

    const decisions = [first, second].map((one) => decide(one, seen, situation('07:03')));

    expect(decisions.map(stepsOf)).toEqual([['start-node b'], ['start-node b']]);
    expect(decisions[1]?.because).toBe(decisions[0]?.because);
  });
});

describe('a node that nobody finds', () => {
  it('keeps a stop from its end, and the database from its stop', () => {
    const seen = truth({ a: { state: 'missing' }, b: { state: 'stopped' } });

    const decision = decide(closingRun(), seen, situation('19:05'));

    expect(decision).toMatchObject({
      next: 'wait',
      steps: [],
      because: 'the database is available; node a is missing: no instance carries its tags',
    });
  });

  it('keeps a start from its end, and does not hold up the other', () => {
    const seen = truth({ a: { state: 'missing' }, b: { state: 'stopped' } });

    const decision = decide(run(), seen, situation('07:02'));

    expect(stepsOf(decision)).toEqual(['start-node b']);
    expect(decide(run(), truth({ a: { state: 'missing' } }), situation('07:36:10'))).toMatchObject({
      outcome: 'unfinished',
      because: expect.stringContaining('node a is missing: no instance carries its tags'),
    });
  });
});

describe('the end of a run', () => {
  it('comes when its budget of thirty-six minutes is used up', () => {
    const seen = truth({ b: { state: 'stopped' } });

    const before = decide(run(), seen, situation('07:36:09', { lateTold: true }));
    const after = decide(run(), seen, situation('07:36:10', { lateTold: true }));

    expect(before.next).toBe('act');
    expect(after).toMatchObject({
      next: 'finish',
      outcome: 'unfinished',
      steps: [],
      because: expect.stringContaining('node b is stopped'),
    });
  });

  it('comes thirty-six minutes after its execution began, however late it got the lease', () => {
    const seen = truth({ b: { state: 'stopped' } });
    const late = run({ beganAt: iso('07:00:02'), progress: { phaseSince: iso('07:09:50') } });

    const decision = decide(late, seen, situation('07:36:02', { lateTold: true }));

    expect(decision).toMatchObject({ next: 'finish', outcome: 'unfinished' });
  });

  it('comes at once, without a call, when the wish has changed on the way', () => {
    const seen = truth({ b: { state: 'stopped' } });

    const decision = decide(run(), seen, situation('07:02', { superseded: true }));

    expect(decision).toMatchObject({
      next: 'finish',
      outcome: 'superseded',
      steps: [],
      because: 'the wish changed while the run was under way; a new run follows it',
    });
  });

  it('is done even at the last moment of the budget', () => {
    const seen = truth(STOPPED);

    const decision = decide(closingRun(), seen, situation('20:30'));

    expect(decision).toMatchObject({ next: 'finish', outcome: 'done' });
  });
});
