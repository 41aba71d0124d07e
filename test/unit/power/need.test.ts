import { describe, expect, it } from 'vitest';
import { needsOf, phaseOf } from '../../../functions/power/need.ts';
import {
  closingRun,
  drainedAt,
  illAt,
  NIGHT,
  progress,
  proof,
  run,
  STOPPED,
  sent,
  truth,
} from '../support/power.ts';
import { at, iso } from '../support/time.ts';

const now = at('07:02');
const opening = (seen: Parameters<typeof truth>[0], known: Parameters<typeof progress>[0] = {}) =>
  needsOf(run(), truth(seen), progress(known), now);
const closing = (seen: Parameters<typeof truth>[0], known: Parameters<typeof progress>[0] = {}) =>
  needsOf(closingRun(), truth(seen), progress(known), now);
/** Node b is to stop for the night while node a keeps serving. */
const evening = (seen: Parameters<typeof truth>[0], known: Parameters<typeof progress>[0] = {}) =>
  needsOf(run({ goal: NIGHT }), truth(seen), progress(known), now);

const trouble = (notBefore: string) => ({
  attempts: 1,
  notBefore: iso(notBefore),
  text: 'InsufficientInstanceCapacity: no capacity in this zone',
});

describe('a start', () => {
  it('begins with the database alone: nodes wait until it serves', () => {
    const needs = opening(STOPPED);

    expect(needs.database.step).toEqual({ kind: 'start-database' });
    expect(needs.a).toMatchObject({ ready: false, note: 'node a waits for the database' });
    expect([needs.a.step, needs.b.step]).toEqual([undefined, undefined]);
  });

  it('does not ask again for a database that is on its way', () => {
    const needs = opening({ ...STOPPED, database: 'starting' });

    expect(needs.database).toMatchObject({ ready: false, note: 'the database is starting' });
    expect(needs.database.step).toBeUndefined();
  });

  it.each(['available', 'backing-up', 'storage-optimization'])(
    'starts both nodes when the database is %s',
    (database) => {
      const needs = opening({ ...STOPPED, database });

      expect(needs.database.ready).toBe(true);
      expect(needs.a.step).toEqual({ kind: 'start-node', node: 'a', instanceId: 'i-a' });
      expect(needs.b.step).toEqual({ kind: 'start-node', node: 'b', instanceId: 'i-b' });
    },
  );

  it.each([
    [{ state: 'pending' }, 'instances', 'node a is pending'],
    [{ state: 'stopping' }, 'instances', 'node a is stopping'],
    [{ state: 'missing' }, 'instances', 'node a is missing: no instance carries its tags'],
    [{ checksOk: false }, 'checks', 'node a has not passed its status checks yet'],
    [{ online: false }, 'agent', 'node a does not answer to Systems Manager yet'],
    [{}, 'probe', 'node a is not proven to serve yet'],
  ])('has a node that is %o go through the phase %s', (a, phase, note) => {
    const { a: need } = opening({ a });

    expect(need).toMatchObject({ ready: false, phase, note });
    expect(need.step).toBeUndefined();
  });

  it('is over for a node that was proven to serve a moment ago', () => {
    const needs = opening({}, { proofs: { a: proof('a', '07:01:16'), b: proof('b', '07:01:15') } });

    expect(needs.a).toMatchObject({ ready: true, note: 'node a serves' });
    expect(needs.b).toMatchObject({ ready: false, note: 'node b is not proven to serve yet' });
  });

  it('says why the last probe found that a node does not serve', () => {
    const { a } = opening({}, { unproven: { a: illAt('07:01:50') } });

    expect(a.note).toBe('node a does not serve: Connection refused');
  });

  it('tells a node that failed its probe to take clients again', () => {
    const { a, b } = opening({}, { unproven: { a: illAt('07:01:50') } });

    expect(a).toMatchObject({ ready: false, phase: 'probe', wait: 15 });
    expect(a.step).toEqual({ kind: 'undrain', node: 'a', instanceId: 'i-a' });
    expect(b.step).toBeUndefined();
  });

  it.each([
    ['is not up', { state: 'pending' }, {}],
    ['has not passed its status checks', { checksOk: false }, {}],
    ['does not answer to Systems Manager', { online: false }, {}],
    ['has a command under way', {}, { commands: { a: sent('probe', '07:01:55') } }],
    ['was told so three minutes ago or less', {}, { undrained: { a: iso('06:59:01') } }],
    ['refused a command a moment ago', {}, { troubles: { a: trouble('07:02:20') } }],
    ['has been proven since', {}, { proofs: { a: proof('a', '07:01:50') } }],
  ])('does not tell that to a node that %s', (_, seen, known) => {
    const { a } = opening({ a: seen }, { unproven: { a: illAt('07:01:30') }, ...known });

    expect(a.step).toBeUndefined();
  });

  it('tells it again after three minutes', () => {
    const undrained = { a: iso('06:59') };

    const { a } = opening({}, { unproven: { a: illAt('07:01:30') }, undrained });

    expect(a.step).toMatchObject({ kind: 'undrain' });
  });

  it('comes back for another probe of a node that failed its last one', () => {
    const undrained = { a: iso('07:01:40') };

    const { a } = opening({}, { unproven: { a: illAt('07:01:50') }, undrained });

    expect([a.wait, a.note]).toEqual([20, 'node a does not serve: Connection refused']);
  });

  it('comes back sooner for a probe that is under way', () => {
    const commands = { a: { kind: 'probe' as const, id: 'c-1', sentAt: iso('07:01:55') } };

    const { a, b } = opening({}, { commands });

    expect([a.wait, b.wait]).toEqual([10, 60]);
  });
});

describe('a refused call', () => {
  it('is not made again before its pause is over', () => {
    const seen = { ...STOPPED, database: 'available' };

    const early = opening(seen, { troubles: { a: trouble('07:02:20') } });
    const due = opening(seen, { troubles: { a: trouble('07:02') } });

    expect(early.a.step).toBeUndefined();
    expect(early.a.wait).toBe(20);
    expect(due.a.step).toMatchObject({ kind: 'start-node', node: 'a' });
  });

  it('does not hold up the other node', () => {
    const needs = opening(
      { ...STOPPED, database: 'available' },
      { troubles: { a: trouble('07:06') } },
    );

    expect(needs.a.step).toBeUndefined();
    expect(needs.b.step).toMatchObject({ kind: 'start-node', node: 'b' });
  });

  it('is told in the words of AWS', () => {
    const { a } = opening(
      { ...STOPPED, database: 'available' },
      { troubles: { a: trouble('07:06') } },
    );

    expect(a.note).toBe(
      'node a is stopped (InsufficientInstanceCapacity: no capacity in this zone)',
    );
  });

  it('is worth another look after 15 to 60 seconds, however long its pause', () => {
    const seen = { ...STOPPED, database: 'available' };

    const waits = ['07:02:01', '07:02:40', '07:06'].map(
      (notBefore) => opening(seen, { troubles: { a: trouble(notBefore) } }).a.wait,
    );

    expect(waits).toEqual([15, 40, 60]);
  });

  it('pauses the drain of a node as well', () => {
    const { a, b } = closing({}, { troubles: { b: trouble('07:03') } });

    expect([a.step?.kind, b.step]).toEqual(['drain', undefined]);
  });

  it('pauses the database and the stop of a node as well', () => {
    const troubles = { database: trouble('07:03'), b: trouble('07:03') };

    const start = opening(STOPPED, { troubles });
    const stop = closing(
      {},
      { troubles, drained: { a: drainedAt('07:01'), b: drainedAt('07:01') } },
    );
    const last = closing({ ...STOPPED, database: 'available' }, { troubles });

    expect(start.database.step).toBeUndefined();
    expect([stop.a.step?.kind, stop.b.step]).toEqual(['stop-node', undefined]);
    expect(last.database.step).toBeUndefined();
  });
});

describe('a stop', () => {
  it('begins with the drain of both nodes, and leaves the database alone', () => {
    const needs = closing({});

    expect(needs.a.step).toEqual({ kind: 'drain', node: 'a', instanceId: 'i-a' });
    expect(needs.b.step).toEqual({ kind: 'drain', node: 'b', instanceId: 'i-b' });
    expect(needs.database).toMatchObject({ ready: false, note: 'the database is available' });
    expect(needs.database.step).toBeUndefined();
  });

  it('lets the associations of a node finish before it stops it', () => {
    const commands = { a: { kind: 'drain' as const, id: 'c-1', sentAt: iso('07:01:55') } };

    const { a, b } = closing({}, { commands, drained: { b: drainedAt('07:01') } });

    expect(a).toMatchObject({ note: 'node a lets its associations finish' });
    expect(a.step).toBeUndefined();
    expect(b.step).toEqual({ kind: 'stop-node', node: 'b', instanceId: 'i-b' });
  });

  it('does not try to drain a node whose agent does not answer', () => {
    const { a } = closing({ a: { online: false } });

    expect(a.step).toMatchObject({ kind: 'stop-node', node: 'a' });
  });

  it.each(['pending', 'stopping', 'shutting-down'])('waits for a node that is %s', (state) => {
    const { a } = closing({ a: { state } });

    expect(a).toMatchObject({ ready: false, note: `node a is ${state}` });
    expect(a.step).toBeUndefined();
  });

  it.each(['stopped', 'terminated'])('is over for a node that is %s', (state) => {
    const { a } = closing({ a: { state } });

    expect(a).toMatchObject({ ready: true });
  });

  it('is not over for a node that nobody finds: it may well be running', () => {
    const { a } = closing({ a: { state: 'missing' } });

    expect(a).toMatchObject({
      ready: false,
      phase: 'instances stop',
      note: 'node a is missing: no instance carries its tags',
    });
    expect(a.step).toBeUndefined();
  });

  it('leaves the database running while a node is missing', () => {
    const missing = closing({ ...STOPPED, a: { state: 'missing' }, database: 'available' });
    const gone = closing({ ...STOPPED, a: { state: 'terminated' }, database: 'available' });

    expect(missing.database.step).toBeUndefined();
    expect(gone.database.step).toEqual({ kind: 'stop-database' });
  });

  it('takes the database last, when no node is left', () => {
    const before = closing({ a: { state: 'stopped' }, b: { state: 'stopping' } });
    const after = closing({ ...STOPPED, database: 'available' });

    expect(before.database.step).toBeUndefined();
    expect(after.database.step).toEqual({ kind: 'stop-database' });
  });

  it.each(['backing-up', 'stopping', 'starting', 'modifying'])(
    'waits for a database that is %s: RDS stops it in no other state than available',
    (database) => {
      const needs = closing({ ...STOPPED, database });

      expect(needs.database).toMatchObject({ ready: false });
      expect(needs.database.step).toBeUndefined();
    },
  );
});

describe('a stop of one node', () => {
  it('neither drains nor stops it until its peer is proven to serve', () => {
    const serving = evening({});
    const drained = evening(
      {},
      { drained: { b: drainedAt('07:01') }, undrained: { b: iso('07:01:30') } },
    );

    expect(serving.b).toMatchObject({
      note: 'node b keeps running until node a is proven to serve',
    });
    expect([serving.b.step, drained.b.step]).toEqual([undefined, undefined]);
  });

  it('tells a node that was drained to take clients again when its peer turns out not to serve', () => {
    const known = { unproven: { a: illAt('07:01:50') }, drained: { b: drainedAt('07:01:55') } };

    const { b } = evening({}, known);

    expect(b).toMatchObject({
      ready: false,
      phase: 'drain',
      note: 'node b keeps running until node a is proven to serve',
      step: { kind: 'undrain', node: 'b', instanceId: 'i-b' },
    });
  });

  it.each([
    ['was not drained', { drained: {} }],
    ['has a command under way', { commands: { b: sent('undrain', '07:01:55') } }],
    ['was told so three minutes ago or less', { undrained: { b: iso('06:59:01') } }],
    ['refused a command a moment ago', { troubles: { b: trouble('07:02:20') } }],
  ])('does not tell that to a node that %s', (_, known) => {
    const drained = { b: drainedAt('07:01') };

    const { b } = evening({}, { unproven: { a: illAt('07:01:50') }, drained, ...known });

    expect(b.step).toBeUndefined();
  });

  it('goes on once the peer is proven', () => {
    const proofs = { a: proof('a', '07:01:50') };

    const first = evening({}, { proofs });
    const then = evening({}, { proofs, drained: { b: drainedAt('07:01') } });

    expect(first.b.step).toMatchObject({ kind: 'drain', node: 'b' });
    expect(then.b.step).toMatchObject({ kind: 'stop-node', node: 'b' });
  });

  it('halts again when the proof of the peer has grown old during the drain', () => {
    const proofs = { a: proof('a', '07:01:15') };

    const known = { proofs, drained: { b: drainedAt('07:01:59') } };
    const first = evening({}, known);
    const undrained = evening({}, { ...known, undrained: { b: iso('07:01:30') } });

    expect(first.b).toMatchObject({ ready: false, phase: 'drain' });
    expect(['drain', 'stop-node']).not.toContain(first.b.step?.kind);
    expect(undrained.b).toMatchObject({ ready: false, phase: 'drain' });
    expect(undrained.b.step).toBeUndefined();
  });
});

describe('the phase', () => {
  it('is the first in which anything is still open', () => {
    const mixed = Object.values(opening({ a: { checksOk: false }, b: { state: 'pending' } }));

    const phase = phaseOf(mixed.filter((need) => !need.ready));
    const none = phaseOf([]);

    expect([phase, none]).toEqual(['instances', 'done']);
  });
});
