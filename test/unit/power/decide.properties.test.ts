import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Situation } from '../../../functions/power/decide.ts';
import type { Progress, Run } from '../../../functions/power/run.ts';
import type { NodeTruth, Truth } from '../../../functions/power/truth.ts';
import { CLOCKS, secondsBetween } from '../../../functions/shared/clocks.ts';
import type { Invocation } from '../../../functions/shared/host-commands.ts';
import { NODES, type NodeName } from '../../../functions/shared/operations-table.ts';
import { addressOf, run } from '../support/power.ts';
import { at, secondsAfter } from '../support/time.ts';

const NOW = at('07:30');
const SERVES = ['available', 'backing-up', 'storage-optimization'];
const GONE = ['stopped', 'terminated'];

/** Often enough, out of all that RDS and EC2 call a state, those in which something happens. */
const database = fc.constantFrom(
  ...SERVES,
  'available',
  'stopped',
  'starting',
  'stopping',
  'failed',
);
const nodeOf = (name: NodeName): fc.Arbitrary<NodeTruth> =>
  fc
    .record({
      state: fc.constantFrom(
        'running',
        'running',
        'pending',
        'stopping',
        'shutting-down',
        'missing',
        ...GONE,
      ),
      checksOk: fc.boolean(),
      online: fc.boolean(),
    })
    .map((node) => ({
      ...node,
      names: node.state === 'running' ? [addressOf(name)] : [],
      ...(node.state !== 'missing' && { instanceId: `i-${name}`, address: addressOf(name) }),
    }));

/** Up to ten minutes ago: both sides of every bound but the budget's. */
const past = fc
  .integer({ min: 0, max: 600 })
  .map((seconds) => secondsAfter(NOW, -seconds).toISOString());
const recent = fc
  .integer({ min: 0, max: 90 })
  .map((seconds) => secondsAfter(NOW, -seconds).toISOString());
const perNode = <T>(value: (node: NodeName) => fc.Arbitrary<T>): fc.Arbitrary<{ a?: T; b?: T }> =>
  fc.record({ a: value('a'), b: value('b') }, { requiredKeys: [] });

const commandTruth: fc.Arbitrary<Invocation> = fc.oneof(
  fc.constant({ state: 'pending' as const }),
  fc.record({
    state: fc.constant('ended' as const),
    document: fc.constant(''),
    ok: fc.boolean(),
    code: fc.constantFrom(0, 1),
    at: recent,
    answer: fc.constantFrom({}, { verdict: 'certificate-mismatch' }, { pair: { names: [] } }),
    said: fc.constant('x'),
  }),
);
const truth: fc.Arbitrary<Truth> = fc.record({
  nodes: fc.record({ a: nodeOf('a'), b: nodeOf('b') }),
  database,
  commands: perNode(() => commandTruth),
});

const trouble = fc.record({
  attempts: fc.integer({ min: 1, max: 9 }),
  notBefore: fc.integer({ min: -240, max: 240 }).map((s) => secondsAfter(NOW, s).toISOString()),
  text: fc.constant('IncorrectInstanceState: no'),
});
const progress: fc.Arbitrary<Partial<Progress>> = fc.record({
  troubles: fc.record({ a: trouble, b: trouble, database: trouble }, { requiredKeys: [] }),
  commands: perNode(() =>
    fc.record({
      kind: fc.constantFrom('drain' as const, 'undrain' as const, 'probe' as const),
      id: fc.constant('c'),
      sentAt: past,
    }),
  ),
  drained: perNode(() =>
    fc.record({ at: past, left: fc.constant('2 left') }, { requiredKeys: ['at'] }),
  ),
  undrained: perNode(() => past),
  proofs: perNode((node) => fc.record({ at: recent, address: fc.constant(addressOf(node)) })),
  unproven: perNode(() => fc.record({ at: recent, said: fc.constant('ill') })),
  uncertified: perNode(() => fc.record({ since: past, reason: fc.constant('it has run out') })),
});

const power = fc.constantFrom('running' as const, 'stopped' as const);
const runs: fc.Arbitrary<Run> = fc
  .record({
    goal: fc.record({ a: power, b: power, database: power }),
    plannedFor: fc.integer({ min: 0, max: 3600 }).map((s) => secondsAfter(NOW, -s).toISOString()),
    beganAt: fc.integer({ min: 0, max: 2500 }).map((s) => secondsAfter(NOW, -s).toISOString()),
    progress,
  })
  .map((more) => run(more));
const situations: fc.Arbitrary<Situation> = fc.record({
  now: fc.constant(NOW),
  lateTold: fc.boolean(),
  superseded: fc.boolean(),
  resting: fc.subarray([...NODES]),
});

/** Of random runs, truths and situations, whatever is decided holds. */
const always = (holds: (run: Run, truth: Truth, situation: Situation) => void): void =>
  fc.assert(fc.property(runs, truth, situations, holds), { numRuns: 1000 });

const peerOf = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');

describe('whatever is true, wished and known', () => {
  it('no node is drained or stopped whose peer is meant to run and has no fresh proof', () => {
    always((ours, seen, situation) => {
      const { steps, progress: known } = decide(ours, seen, situation);

      const taken = steps.flatMap((step) =>
        step.kind === 'drain' || step.kind === 'stop-node' ? [peerOf(step.node)] : [],
      );

      for (const peer of taken.filter((one) => ours.goal[one] === 'running')) {
        const age = secondsBetween(known.proofs[peer]?.at ?? '', NOW);
        expect(age).toBeLessThan(CLOCKS.evidence);
      }
    });
  });

  it('no node is started while the database does not serve', () => {
    always((ours, seen, situation) => {
      const { steps } = decide(ours, seen, situation);

      const starts = steps.some((step) => step.kind === 'start-node');

      if (starts) expect(SERVES).toContain(seen.database);
    });
  });

  it('the database is not stopped while any node lives', () => {
    always((ours, seen, situation) => {
      const { steps } = decide(ours, seen, situation);

      const stops = steps.some((step) => step.kind === 'stop-database');

      if (stops) for (const node of NODES) expect(GONE).toContain(seen.nodes[node].state);
    });
  });

  it('no call goes against the goal, nor to another instance than the node has', () => {
    always((ours, seen, situation) => {
      const { steps } = decide(ours, seen, situation);

      // A node of either goal may be told to take clients again: the next property says when.
      for (const step of steps.filter(({ kind }) => kind !== 'undrain')) {
        const wish = ours.goal['node' in step ? step.node : 'database'];
        const up = ['start-node', 'start-database', 'probe'].includes(step.kind);
        expect(wish).toBe(up ? 'running' : 'stopped');
      }
      for (const step of steps) {
        if ('node' in step) expect(step.instanceId).toBe(seen.nodes[step.node].instanceId);
      }
    });
  });

  it('a node is undrained only if it runs, and failed its probe or must stay although drained', () => {
    always((ours, seen, situation) => {
      const { steps, progress: known } = decide(ours, seen, situation);

      for (const step of steps) {
        if (step.kind !== 'undrain') continue;
        const { node } = step;
        const ill = ours.goal[node] === 'running' && known.unproven[node] !== undefined;
        const peer = known.proofs[peerOf(node)];
        const fresh = peer !== undefined && secondsBetween(peer.at, NOW) < CLOCKS.evidence - 15;
        const stays = ours.goal[peerOf(node)] === 'running' && !fresh;
        const turnedAway = ours.goal[node] === 'stopped' && known.drained[node] && stays;
        expect(seen.nodes[node].state).toBe('running');
        expect(ill || turnedAway).toBeTruthy();
      }
    });
  });

  it('no node is undrained within three minutes of the last time, nor probed in the same look', () => {
    always((ours, seen, situation) => {
      const { steps, progress: known } = decide(ours, seen, situation);

      for (const step of steps) {
        if (step.kind !== 'undrain') continue;
        const last = known.undrained[step.node];
        const others = steps.filter((one) => 'node' in one && one.node === step.node);
        if (last) expect(secondsBetween(last, NOW)).toBeGreaterThanOrEqual(CLOCKS.undrainEvery);
        expect(others).toEqual([step]);
      }
    });
  });

  it('no host gets a command while one is under way, nor a probe right after one that failed', () => {
    always((ours, seen, situation) => {
      const { steps, progress: known } = decide(ours, seen, situation);

      for (const step of steps) {
        if (step.kind !== 'drain' && step.kind !== 'undrain' && step.kind !== 'probe') continue;
        const failed = known.unproven[step.node];
        expect(known.commands).not.toHaveProperty(step.node);
        if (step.kind === 'probe' && failed) {
          expect(secondsBetween(failed.at, NOW)).toBeGreaterThanOrEqual(CLOCKS.probeAgain);
        }
      }
    });
  });

  it('a node that is started or stopped has served out its pause', () => {
    always((ours, seen, situation) => {
      const { steps } = decide(ours, seen, situation);

      for (const step of steps.filter(({ kind }) => kind.startsWith('st'))) {
        const pause = ours.progress.troubles['node' in step ? step.node : 'database'];
        if (pause) expect(new Date(pause.notBefore) <= NOW).toBe(true);
      }
    });
  });

  it('a run that goes on looks again within 90 seconds, and one that ends makes no call', () => {
    always((ours, seen, situation) => {
      const { next, seconds, steps, outcome } = decide(ours, seen, situation);

      if (next === 'finish') expect([steps, outcome === undefined]).toEqual([[], false]);
      else expect(seconds >= 1 && seconds <= 90 && Number.isInteger(seconds)).toBe(true);
      expect(steps.length > 0).toBe(next === 'act');
    });
  });

  it('a run is done only when all is as wished, by evidence of this minute', () => {
    always((ours, seen, situation) => {
      const { outcome, progress: known } = decide(ours, seen, situation);
      if (outcome !== 'done') return;

      const up = NODES.filter((node) => ours.goal[node] === 'running');
      const down = NODES.filter((node) => ours.goal[node] === 'stopped');

      expect(ours.goal.database === 'stopped' ? ['stopped'] : SERVES).toContain(seen.database);
      for (const node of up) {
        expect(secondsBetween(known.proofs[node]?.at ?? '', NOW)).toBeLessThan(CLOCKS.evidence);
      }
      for (const node of down) expect(GONE).toContain(seen.nodes[node].state);
    });
  });

  it('the lease is handed over only for a node that runs, lacks a certificate and may be renewed', () => {
    always((ours, seen, situation) => {
      const { outcome, progress: known, steps } = decide(ours, seen, situation);
      if (outcome !== 'certificate') return;

      const renewable = NODES.filter(
        (node) =>
          ours.goal[node] === 'running' &&
          seen.nodes[node].state === 'running' &&
          known.uncertified[node] &&
          !situation.resting.includes(node),
      );
      expect(renewable).not.toEqual([]);
      expect([steps, known.commands]).toEqual([[], {}]);
    });
  });

  it('the start of one node does not depend on how the other is', () => {
    fc.assert(
      fc.property(runs, truth, nodeOf('b'), (some, seen, other) => {
        const ours = { ...some, goal: { ...some.goal, a: 'running' as const } };
        const now = { now: NOW, lateTold: true, superseded: false, resting: [] };
        const startsA = (one: Truth) =>
          decide(ours, one, now).steps.some(
            (step) => step.kind === 'start-node' && step.node === 'a',
          );

        const starts = startsA(seen);
        const startsBeside = startsA({ ...seen, nodes: { ...seen.nodes, b: other } });

        expect(startsBeside).toBe(starts);
      }),
      { numRuns: 1000 },
    );
  });

  it('the same is decided from the same, and nothing that was handed in is changed', () => {
    always((ours, seen, situation) => {
      const before = structuredClone({ ours, seen });

      const decisions = [decide(ours, seen, situation), decide(ours, seen, situation)];

      expect(decisions[1]).toEqual(decisions[0]);
      expect({ ours, seen }).toEqual(before);
    });
  });
});
