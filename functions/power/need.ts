import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { NODES, type NodeName, peerOf } from '../shared/operations-table.ts';
import { isProven, isSettling } from './progress.ts';
import type { Progress, Run, Step } from './run.ts';
import type { Truth } from './truth.ts';

/** What stands between one resource and its wish. */
export interface Need {
  readonly ready: boolean;
  readonly phase: Phase;
  readonly step?: Step;
  /** When it is worth looking again, in seconds. */
  readonly wait: number;
  readonly note: string;
}

/** In the order in which a start, and then a stop, goes through them. */
const PHASES = [
  'database',
  'instances',
  'checks',
  'agent',
  'certificate',
  'probe',
  'drain',
  'instances stop',
  'database stop',
] as const;
type Phase = (typeof PHASES)[number];

/** RDS answers clients in these; it can be stopped in `available` alone. */
const SERVING_DATABASE = new Set(['available', 'backing-up', 'storage-optimization']);
/** An instance that nobody finds is not one of these: it may well be running. */
const GONE = new Set(['stopped', 'terminated']);

/** What each resource still needs, each looked at for itself. */
export type Needs = Readonly<Record<'database' | NodeName, Need>>;

export const needsOf = (run: Run, truth: Truth, progress: Progress, now: Date): Needs => ({
  database: databaseNeed(run, truth, progress, now),
  a: nodeNeed('a', run, truth, progress, now),
  b: nodeNeed('b', run, truth, progress, now),
});

/** The first phase in which anything is still open. */
export const phaseOf = (open: readonly Need[]): Phase | 'done' =>
  PHASES.find((phase) => open.some((need) => need.phase === phase)) ?? 'done';

function databaseNeed(run: Run, truth: Truth, progress: Progress, now: Date): Need {
  const status = truth.database;
  const note = `the database is ${status}`;
  if (run.goal.database === 'running') {
    const ready = SERVING_DATABASE.has(status);
    return {
      ready,
      phase: 'database',
      ...(status === 'stopped' &&
        allowed('database', progress, now) && { step: { kind: 'start-database' } }),
      wait: 60,
      note: withTrouble(note, progress.troubles.database),
    };
  }
  const nodesGone = NODES.every((node) => GONE.has(truth.nodes[node].state));
  const stop = status === 'available' && nodesGone && allowed('database', progress, now);
  return {
    ready: status === 'stopped',
    phase: 'database stop',
    ...(stop && { step: { kind: 'stop-database' } }),
    // Nobody waits for it, so it is looked at less often.
    wait: 90,
    note: withTrouble(note, progress.troubles.database),
  };
}

function nodeNeed(node: NodeName, run: Run, truth: Truth, progress: Progress, now: Date): Need {
  return run.goal[node] === 'running'
    ? startNeed(node, truth, progress, now)
    : stopNeed(node, run, truth, progress, now);
}

/** Makes the needs of one node, each worded with the refusal it has met. */
const openNeed =
  (node: NodeName, progress: Progress) =>
  (phase: Phase, wait: number, note: string, step?: Step): Need => ({
    ready: false,
    phase,
    wait,
    note: withTrouble(`node ${node} ${note}`, progress.troubles[node] ?? progress.started[node]),
    ...(step && { step }),
  });

function startNeed(node: NodeName, truth: Truth, progress: Progress, now: Date): Need {
  const { state, instanceId, checksOk, online } = truth.nodes[node];
  const need = openNeed(node, progress);
  if (!SERVING_DATABASE.has(truth.database)) return need('instances', 60, 'waits for the database');
  if (!instanceId) return need('instances', 60, 'is missing: no instance carries its tags');
  if (state === 'stopped') {
    if (isSettling(progress, node, now)) return need('instances', 20, 'has been told to start');
    return allowed(node, progress, now)
      ? need('instances', 15, 'is stopped', { kind: 'start-node', node, instanceId })
      : need('instances', untilAllowed(node, progress, now), 'is stopped');
  }
  if (state !== 'running') return need('instances', 20, `is ${state}`);
  if (!checksOk) return need('checks', 30, 'has not passed its status checks yet');
  if (!online) return need('agent', 15, 'does not answer to Systems Manager yet');
  if (isProven(progress, node, now)) return { ...need('probe', 60, 'serves'), ready: true };
  const lacking = progress.uncertified[node];
  if (lacking) return need('certificate', 60, `waits for a certificate: ${lacking.reason}`);
  const failed = progress.unproven[node];
  if (!failed) return need('probe', probeWait(node, progress), 'is not proven to serve yet');
  // It may have been drained by a run whose stop was called off, or its containers may be down.
  // One that takes connections and cannot answer has its trouble elsewhere: it is left alone.
  const note = `does not serve: ${failed.said}`;
  return failed.listens === false && mayUndrain(node, progress, now)
    ? need('probe', 15, note, { kind: 'undrain', node, instanceId })
    : need('probe', probeWait(node, progress), note);
}

function stopNeed(node: NodeName, run: Run, truth: Truth, progress: Progress, now: Date): Need {
  const { state, instanceId, online } = truth.nodes[node];
  const need = openNeed(node, progress);
  if (GONE.has(state)) return { ...need('instances stop', 60, `is ${state}`), ready: true };
  if (!instanceId) return need('instances stop', 60, 'is missing: no instance carries its tags');
  if (state !== 'running') return need('instances stop', 30, `is ${state}`);
  // The last host that serves is never taken down: a peer that is meant to stay must be proven.
  const peer = peerOf(node);
  if (run.goal[peer] === 'running' && !isProven(progress, peer, now)) {
    const note = `keeps running until node ${peer} is proven to serve`;
    // A peer whose proof has merely aged is being asked again; one that failed leaves us alone.
    const alone = progress.drained[node] && progress.unproven[peer];
    const turnedAway = alone && mayUndrain(node, progress, now);
    return need('drain', 15, note, turnedAway ? { kind: 'undrain', node, instanceId } : undefined);
  }
  if (online && !progress.drained[node] && !isHopeless(progress, node)) {
    if (progress.commands[node]) return need('drain', 15, 'lets its associations finish');
    return allowed(node, progress, now)
      ? need('drain', 15, 'is serving', { kind: 'drain', node, instanceId })
      : need('drain', untilAllowed(node, progress, now), 'is serving');
  }
  const drained = progress.drained[node] ? 'is drained' : 'could not be drained';
  return allowed(node, progress, now)
    ? need('instances stop', 30, drained, { kind: 'stop-node', node, instanceId })
    : need('instances stop', untilAllowed(node, progress, now), drained);
}

/** A probe under way is worth coming back for soon. */
const probeWait = (node: NodeName, progress: Progress): number =>
  progress.commands[node] ? 10 : progress.unproven[node] ? CLOCKS.probeAgain : 60;

const mayUndrain = (node: NodeName, progress: Progress, now: Date): boolean => {
  const last = progress.undrained[node];
  const due = !last || secondsBetween(last, now) >= CLOCKS.undrainEvery;
  return due && !progress.commands[node] && allowed(node, progress, now);
};

/** Refused three times: a drain is a courtesy, and the stop does not wait for it any longer. */
const isHopeless = (progress: Progress, node: NodeName): boolean =>
  (progress.troubles[node]?.attempts ?? 0) >= 3;

export const allowed = (
  resource: 'database' | NodeName,
  progress: Progress,
  now: Date,
): boolean => {
  const trouble = progress.troubles[resource];
  return trouble === undefined || new Date(trouble.notBefore) <= now;
};

/** Seconds until a refused call may be made again, in the bounds of a pause. */
const untilAllowed = (node: NodeName, progress: Progress, now: Date): number => {
  const notBefore = progress.troubles[node]?.notBefore ?? now;
  const left = Math.ceil((new Date(notBefore).getTime() - now.getTime()) / 1000);
  return Math.max(15, Math.min(60, left));
};

const withTrouble = (
  note: string,
  trouble: { readonly text?: string | undefined } | undefined,
): string => (trouble?.text ? `${note} (${trouble.text})` : note);
