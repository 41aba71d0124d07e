import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { decide } from '../../../functions/certificate/decide.ts';
import type { Scene } from '../../../functions/certificate/moves.ts';
import {
  type Inspection,
  type Kind,
  type Progress,
  Run,
  type Stage,
} from '../../../functions/certificate/run.ts';
import type { NodeTruth, Truth } from '../../../functions/certificate/truth.ts';
import { CLOCKS, secondsBetween } from '../../../functions/shared/clocks.ts';
import type { Invocation } from '../../../functions/shared/host-commands.ts';
import { NODES, type NodeName, peerOf } from '../../../functions/shared/operations-table.ts';
import { serves } from '../../../functions/shared/sight.ts';
import {
  authority,
  inspection,
  issued,
  left,
  namesOf,
  newOf,
  node,
  oldOf,
  record,
  renewed,
  run,
  type Sight,
  sight,
} from '../support/certificate.ts';
import { type Answer, play, type Story, usually } from '../support/certificate-world.ts';
import { at, secondsAfter } from '../support/time.ts';

const NOW = at('12:30');
const KINDS: readonly Kind[] = [
  'probe',
  'certificate-request',
  'certificate-install',
  'certificate-rollback',
];
const CHANGING = KINDS.slice(1);

const past = (most: number) =>
  fc.integer({ min: 0, max: most }).map((seconds) => secondsAfter(NOW, -seconds).toISOString());
const perNode = <T>(value: (name: NodeName) => fc.Arbitrary<T>): fc.Arbitrary<{ a?: T; b?: T }> =>
  fc.record({ a: value('a'), b: value('b') }, { requiredKeys: [] });
const often = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.constantFrom(usual, usual, usual, ...others);

const fingerprint = (name: NodeName) => often(oldOf(name), newOf(name), 'other');
const sights = (name: NodeName): fc.Arbitrary<Sight> =>
  fc
    .record({
      at: past(90),
      shown: fingerprint(name),
      web: often<Partial<Sight['web']>>({}, { trusted: false }, { status: 503 }),
      dicom: often<Partial<Sight['dicom']>>(
        {},
        { trusted: false },
        { echo: false },
        { echo: true },
      ),
    })
    .map(({ at: seenAt, shown, web, dicom }) => ({
      ...sight('12:00', shown, { web, dicom }),
      at: seenAt,
    }));
const inspections = (name: NodeName): fc.Arbitrary<Inspection> =>
  fc
    .record({
      verdict: often('healthy', 'unknown', 'certificate-mismatch'),
      shown: fingerprint(name),
      notAfter: fc.constantFrom(left(60), left(20), left(1), left(-1), ''),
      names: often(namesOf(name), []),
      authorities: often(['CA:01'], []),
      paired: often(true, false),
    })
    .map(({ verdict, shown, notAfter, names, authorities, paired }) => {
      const { pair: _pair, ...host } = inspection(name, { verdict, authorities });
      return paired ? { ...host, pair: { fingerprint: shown, notAfter, names } } : host;
    });
const needs = fc.record({
  due: often(true, false),
  urgent: fc.boolean(),
  reason: fc.constant('x'),
});
const stages = fc.constantFrom<Stage>('prove', 'request', 'sign', 'install', 'verify', 'soak');

/** A run at work at some stage of some node, or still looking, or one that has failed. */
const progresses: fc.Arbitrary<Partial<Progress>> = fc
  .record({
    at: often('work', 'survey', 'failed'),
    work: fc.constantFrom<NodeName>('a', 'b'),
    stage: stages,
    nodeSince: past(900),
    stageSince: past(400),
    inspections: perNode(inspections),
    seen: perNode(sights),
    plan: fc.record({ a: needs, b: needs }),
    isIssued: often(true, false),
    kind: fc.constantFrom(...CHANGING),
    commands: perNode((name) =>
      fc.record({ id: fc.constant(name), instanceId: fc.constant(`i-${name}`), sentAt: past(400) }),
    ),
    restored: fc.constantFrom(null, true, false),
    done: perNode((name) => fc.constant(renewed(name))),
  })
  .map((one) => {
    const { at: where, work, stage, nodeSince, stageSince, isIssued, kind, commands } = one;
    const { inspections: said, seen, plan, restored, done } = one;
    const probes = Object.entries(commands).map(([name, sent]) => [
      name,
      { kind: 'probe', ...sent },
    ]);
    if (where === 'survey') {
      return { inspections: said, seen, commands: Object.fromEntries(probes) };
    }
    const { [work]: mine } = commands;
    const { [work]: _mine, ...others } = done;
    return {
      inspections: said,
      seen,
      plan,
      node: work,
      nodeSince,
      stage: where === 'failed' ? ('rollback' as const) : stage,
      stageSince,
      ...(isIssued && { issued: issued(work) }),
      commands: mine ? { [work]: { kind, ...mine } } : {},
      renewed: others,
      ...(where === 'failed' && {
        failure: { node: work, stage, reason: 'x', passing: true, restored },
      }),
    };
  });

const ended: fc.Arbitrary<Invocation> = fc.record({
  state: fc.constant('ended' as const),
  document: fc.constant(''),
  ok: fc.boolean(),
  code: fc.constantFrom(0, 1, 75, -1),
  at: fc.constant(''),
  answer: fc.constantFrom(
    {},
    { phase: 'preflight', restored: null },
    { phase: 'serving', restored: false },
    { phase: 'serving', restored: true },
    { verdict: 'healthy', pair: { matches: true, fingerprint: 'other' } },
    { verdict: 'healthy', pair: null, authorities: null, web: null },
  ),
  said: fc.constant('x'),
});
const nodes = (name: NodeName): fc.Arbitrary<NodeTruth> =>
  fc
    .record({ state: often('running', 'stopped', 'missing'), online: often(true, false) })
    .map(
      ({ state, online }): NodeTruth =>
        state === 'missing'
          ? { state, online: false, names: [] }
          : node(name, { state, online: online && state === 'running' }),
    );
const truths: fc.Arbitrary<Truth> = fc.record({
  nodes: fc.record({ a: nodes('a'), b: nodes('b') }),
  commands: perNode(() => fc.oneof(fc.constant({ state: 'pending' as const }), ended)),
});
/** Whoever has signed: the first authority has been published for long. */
const recordOf = (name: NodeName) =>
  fc
    .constantFrom(1, 2)
    .map((number) => record({ issued: { fingerprint: oldOf(name), authority: number } }));
const records = fc.record({ a: recordOf('a'), b: recordOf('b') });
const wanted = fc.record({
  nodes: fc.constantFrom<NodeName[]>(['a', 'b'], ['a'], ['b']),
  force: fc.boolean(),
  dryRun: often(false, true),
});
const scenes: fc.Arbitrary<Scene> = fc
  .record({
    progress: progresses,
    wanted,
    beganAt: past(2300),
    truth: truths,
    records,
    wishes: fc.record({
      a: often('running' as const, 'stopped' as const),
      b: often('running' as const, 'stopped' as const),
    }),
  })
  .map(({ progress, wanted: asked, beganAt, ...more }) => ({
    ...more,
    now: NOW,
    run: run({ progress, wanted: asked, beganAt, authorities: [authority(1)] }),
  }));

/** Of random runs, truths and sights, whatever is decided holds. */
const always = (holds: (scene: Scene, decided: ReturnType<typeof decide>) => void): void =>
  fc.assert(
    fc.property(scenes, (scene) => holds(scene, decide(scene))),
    { numRuns: 1000 },
  );

describe('whatever is true, known and seen', () => {
  it('nothing is asked of a host for its certificate whose peer is not proven, unless urgent', () => {
    always((_scene, { steps, progress }) => {
      for (const { kind, node: name } of steps) {
        if (kind !== 'certificate-request' && kind !== 'certificate-install') continue;
        if (progress.plan?.[name]?.urgent) continue;
        const seen = progress.seen[peerOf(name)];
        expect(seen && serves(seen)).toBe(true);
        expect(secondsBetween(seen?.at ?? '', NOW)).toBeLessThan(CLOCKS.evidence - 15);
      }
    });
  });

  it('one node at a time is changed, and no host gets a command while one is under way', () => {
    always(({ run: before }, { steps, progress }) => {
      const sent = Object.entries(progress.commands).flatMap(([name, one]) =>
        one && one.kind !== 'probe' ? [name] : [],
      );
      const asked = steps.filter(({ kind }) => kind !== 'probe').map((step) => step.node);

      expect(new Set([...sent, ...asked]).size).toBeLessThanOrEqual(1);
      for (const step of steps) expect(progress.commands).not.toHaveProperty(step.node);
      for (const name of asked) expect(progress.node).toBe(name);
      // Another is begun only in the moment in which the one before is done.
      const { node: former } = before.progress;
      if (former && former !== progress.node) expect(progress.renewed).toHaveProperty(former);
    });
  });

  it('after a failure nothing is sent but a rollback, and the failure is never forgotten', () => {
    always(({ run: before }, { steps, progress, next, outcome }) => {
      if (!before.progress.failure) return;

      for (const { kind } of steps) expect(kind).toBe('certificate-rollback');
      expect(progress.failure).toBeDefined();
      expect(['act', 'wait', 'verify', 'finish']).toContain(next);
      if (next === 'finish') expect(outcome).toBe('failed');
    });
  });

  it('a rollback is sent only after a failure that the host has not undone itself', () => {
    always((_scene, { steps, progress }) => {
      const undoes = steps.some(({ kind }) => kind === 'certificate-rollback');

      if (undoes) expect(progress.failure?.restored).toBe(false);
    });
  });

  it('nothing is sent to a node that is to be stopped or does not run, nor to another instance', () => {
    always(({ truth, wishes }, { steps }) => {
      for (const step of steps) {
        expect(truth.nodes[step.node]).toMatchObject({ instanceId: step.instanceId });
        if (step.kind === 'certificate-rollback') continue;
        expect(truth.nodes[step.node].state).toBe('running');
        expect(wishes[step.node]).toBe('running');
      }
    });
  });

  it('what is decided is a run that says what to do next, and no more than that', () => {
    always(({ run: before }, decision) => {
      const after = z.parse(Run, { ...before, ...decision });
      const { next, steps, targets, seconds, outcome, signer } = after;

      expect(steps.length > 0).toBe(next === 'act');
      expect(targets.length > 0).toBe(next === 'verify');
      expect(outcome !== undefined).toBe(next === 'finish');
      if (next === 'sign') expect(signer).toBe(1);
      expect(seconds >= 1 && seconds <= CLOCKS.certificateSoak).toBe(true);
      expect(after.because).not.toMatch(/undefined|NaN/);
      for (const { address, name } of targets) expect(address && name).toBeTruthy();
    });
  });

  it('a run that was only to say what it would do changes nothing before that is said', () => {
    always(({ run: before }, { steps }) => {
      if (!before.wanted.dryRun || before.progress.plan) return;

      for (const { kind } of steps) expect(kind).toBe('probe');
    });
  });

  it('the same is decided from the same, and nothing that was handed in is changed', () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        const before = structuredClone(scene);

        const decisions = [decide(scene), decide(scene)];

        expect(decisions[1]).toEqual(decisions[0]);
        expect(scene).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});

describe('whatever hosts answer and clients see', () => {
  const answers = fc.infiniteStream(
    fc.constantFrom<Answer | 'as usual'>(
      'as usual',
      'as usual',
      'as usual',
      undefined,
      { ok: false, code: 75, said: 'busy' },
      { ok: false, code: 1, said: 'no', answer: { phase: 'preflight', restored: null } },
      { ok: false, code: 1, said: 'no', answer: { phase: 'serving', restored: true } },
      { ok: false, code: 1, said: 'no', answer: { phase: 'serving', restored: false } },
      { ok: false, code: -1, said: 'Undeliverable' },
      { ok: true, answer: {} },
    ),
  );
  const shown = fc.infiniteStream(
    often<object>({}, {}, { trusted: false }, { fingerprint: 'other' }),
  );
  const states = fc.infiniteStream(
    often<Parameters<typeof node>[1]>({}, {}, {}, {}, { online: false }, { state: 'stopped' }),
  );
  const hosts = fc.constantFrom<Story['hosts']>(
    { a: {}, b: {} },
    { a: { notAfter: left(1) }, b: { notAfter: left(-1) } },
    { a: { notAfter: left(60) }, b: {} },
  );

  /** Plays a run whose hosts do anything, and hands over its end. */
  const played = (holds: (world: ReturnType<typeof play>) => void) =>
    fc.assert(
      fc.property(answers, shown, states, hosts, wanted, (said, seen, state, of, asked) => {
        const world = play(run({ wanted: asked }), {
          hosts: of,
          answers: (kind, name, _nth, host) => {
            const { value } = said.next();
            // Done, and its answer lost.
            if (value !== 'as usual' && value?.code === -1) usually(kind, name, host);
            return value;
          },
          sees: (_node, usual) => ({
            ...usual,
            web: { ...usual.web, ...seen.next().value },
            dicom: { ...usual.dicom, ...seen.next().value },
          }),
          before: (one) => {
            const { value: a } = state.next();
            const { value: b } = state.next();
            one.truth = { a, b };
          },
        });
        holds(world);
      }),
      { numRuns: 200 },
    );

  it('a run ends by itself before its workflow is ended after 45 minutes', () => {
    played(({ now, run: { beganAt, next } }) => {
      expect(next).toBe('finish');
      expect(secondsBetween(beganAt, now)).toBeLessThan(45 * 60);
    });
  });

  it('a run that is not failed leaves each node with what it had, or what clients have seen', () => {
    played(({ run: { outcome, progress }, count, log }) => {
      const at = log.findIndex((line) => line.startsWith('act certificate-rollback'));
      const after = at < 0 ? [] : log.slice(at).filter((line) => line.startsWith('act'));

      for (const name of NODES) {
        const installs = count[`certificate-install ${name}`] ?? 0;
        if (outcome === 'done' && installs > 0) expect(progress.renewed[name]).toBeDefined();
      }
      if (outcome !== 'failed') expect(progress.failure).toBeUndefined();
      expect(after.every((line) => line.startsWith('act certificate-rollback'))).toBe(true);
    });
  });
});
