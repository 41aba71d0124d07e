import * as z from 'zod/mini';
import type { decide, Situation } from '../../../functions/power/decide.ts';
import { Plan, type PlanInput } from '../../../functions/power/plan.ts';
import type { Progress, Run } from '../../../functions/power/run.ts';
import type { NodeTruth, Truth } from '../../../functions/power/truth.ts';
import type { PowerPlan } from '../../../functions/power/wishes.ts';
import type { Invocation } from '../../../functions/shared/host-commands.ts';
import type { NodeName } from '../../../functions/shared/operations-table.ts';
import { at, iso } from './time.ts';

export const EXECUTION = 'arn:aws:states:eu-west-2:111122223333:execution:clinic-power:this';
export const OTHER = 'arn:aws:states:eu-west-2:111122223333:execution:clinic-power:other';

export const OPEN: Run['goal'] = { a: 'running', b: 'running', database: 'running' };
export const CLOSED: Run['goal'] = { a: 'stopped', b: 'stopped', database: 'stopped' };
/** Only node a serves at night. */
export const NIGHT: Run['goal'] = { a: 'running', b: 'stopped', database: 'running' };

export const progress = (more: Partial<Progress> = {}): Progress => ({
  phase: 'begin',
  phaseSince: iso('07:00:10'),
  phases: [],
  troubles: {},
  commands: {},
  drained: {},
  undrained: {},
  proofs: {},
  unproven: {},
  started: {},
  uncertified: {},
  ...more,
});

/** A run that opens the site at 07:00, or else as a test wishes. */
export const run = (
  more: Partial<Omit<Run, 'progress'>> & { readonly progress?: Partial<Progress> } = {},
): Run => ({
  execution: EXECUTION,
  fence: 7,
  goal: OPEN,
  site: 'running',
  reason: 'the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
  plannedFor: iso('07:00'),
  beganAt: iso('07:00:10'),
  next: 'wait',
  seconds: 15,
  steps: [],
  because: '',
  seenAt: iso('07:00:10'),
  ...more,
  progress: progress(more.progress),
});

/** A run that closes the site at 19:00. */
export const closingRun: typeof run = (more = {}) =>
  run({
    goal: CLOSED,
    site: 'stopped',
    reason: 'outside the windows until Tue 24 Nov 07:00',
    plannedFor: iso('19:00'),
    beganAt: iso('19:00:10'),
    seenAt: iso('19:00:10'),
    ...more,
    progress: { phaseSince: iso('19:00:10'), ...more.progress },
  });

/** A node that is healthy if it runs at all, or else as a test wishes. */
export const node = (name: NodeName, more: Partial<NodeTruth> = {}): NodeTruth => {
  if (more.state === 'missing')
    return { checksOk: false, online: false, names: [], ...more, state: 'missing' };
  const runs = (more.state ?? 'running') === 'running';
  return {
    instanceId: `i-${name}`,
    state: 'running',
    checksOk: runs,
    online: runs,
    address: addressOf(name),
    names: [addressOf(name)],
    ...more,
  };
};

export const addressOf = (name: NodeName): string => `${name}.example`;

/** A site that runs and is well, or else as a test wishes. */
export const truth = (
  more: {
    readonly a?: Partial<NodeTruth>;
    readonly b?: Partial<NodeTruth>;
    readonly database?: string;
    readonly commands?: Partial<Record<NodeName, Invocation>>;
  } = {},
): Truth => ({
  nodes: { a: node('a', more.a), b: node('b', more.b) },
  database: more.database ?? 'available',
  commands: more.commands ?? {},
});

export const STOPPED: Parameters<typeof truth>[0] = {
  a: { state: 'stopped' },
  b: { state: 'stopped' },
  database: 'stopped',
};

export const proof = (name: NodeName, time: string) => ({
  at: iso(time),
  address: addressOf(name),
});

/** A drain that has ended, and what it left undone. */
export const drainedAt = (time: string, left?: string) => ({
  at: iso(time),
  ...(left && { left }),
});

/** A probe that has failed, and what it said: nobody took the connection. */
export const illAt = (time: string, said = 'Connection refused') => ({
  at: iso(time),
  said,
  listens: false,
});

export const answered = (time: string, more: Partial<Ended> = {}): Ended => ({
  state: 'ended',
  document: 'clinic-probe',
  ok: true,
  code: 0,
  at: iso(time),
  answer: {},
  said: 'it serves',
  ...more,
});
type Ended = Extract<Invocation, { state: 'ended' }>;

/** London, where these Mondays' clocks show UTC; open on weekdays from 07:00 to 19:00. */
export const planInput = (more: Partial<PlanInput> = {}): PlanInput => ({
  timeZone: 'Europe/London',
  schedule: {
    timeZone: 'Europe/London',
    windows: [{ from: '07:00', to: '19:00', weekdays: 'mon-fri' }],
  },
  nodes: 'both',
  database: 'follow',
  ...more,
});

export const plan = (more: Partial<PlanInput> = {}): PowerPlan =>
  z.parse(Plan, JSON.stringify(planInput(more)));

/** The environment of every function of ours. */
export const environment = (more: Partial<PlanInput> = {}) => ({
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  SITE: 'clinic',
  TABLE: 'operations',
  TOPIC: 'arn:aws:sns:eu-west-2:111122223333:clinic-alerts',
  DATABASE: 'clinic-database',
  DRAIN_DOCUMENT: 'clinic-drain',
  UNDRAIN_DOCUMENT: 'clinic-undrain',
  PROBE_DOCUMENT: 'clinic-probe',
  POWER: 'arn:aws:states:eu-west-2:111122223333:stateMachine:clinic-power',
  CERTIFICATE: 'arn:aws:states:eu-west-2:111122223333:stateMachine:clinic-certificate',
  PLAN: JSON.stringify(planInput(more)),
});

export const situation = (time: string, more: Partial<Situation> = {}): Situation => ({
  now: at(time),
  lateTold: false,
  superseded: false,
  resting: [],
  ...more,
});

/** A command under way. */
export const sent = (kind: 'drain' | 'undrain' | 'probe', time: string) => ({
  kind,
  id: 'c-1',
  sentAt: iso(time),
});

/** What a decision asks for, as `start-node a`. */
export const stepsOf = ({ steps }: Pick<ReturnType<typeof decide>, 'steps'>): string[] =>
  steps.map((step) => ('node' in step ? `${step.kind} ${step.node}` : step.kind));
