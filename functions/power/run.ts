import * as z from 'zod/mini';
import type { NodeName, ResourceName } from '../shared/operations-table.ts';

const Instant = z.string();
const Power = z.enum(['running', 'stopped']);
const perNode = <T extends z.ZodMiniType>(value: T) =>
  z.object({ a: z.optional(value), b: z.optional(value) });
const perResource = <T extends z.ZodMiniType>(value: T) =>
  z.object({ a: z.optional(value), b: z.optional(value), database: z.optional(value) });

/** A Command document sent to a host, and what came of it. */
const Command = z.object({
  kind: z.enum(['drain', 'undrain', 'probe']),
  id: z.string(),
  sentAt: Instant,
});

/** A call that AWS refused: when to try again, and the refusal as AWS worded it. */
const Trouble = z.object({ attempts: z.int(), notBefore: Instant, text: z.string() });

/** A node answered as a client would need it to: from where it was seen, and when. */
const Proof = z.object({ at: Instant, address: z.string() });

const Progress = z.object({
  phase: z.string(),
  phaseSince: Instant,
  /** Finished phases with their duration in seconds. */
  phases: z.array(z.object({ name: z.string(), seconds: z.number() })),
  troubles: perResource(Trouble),
  commands: perNode(Command),
  /** Drains that have ended: when, and what they left undone. */
  drained: perNode(z.object({ at: Instant, left: z.optional(z.string()) })),
  /** When a host was last told to take clients again. */
  undrained: perNode(Instant),
  proofs: perNode(Proof),
  /** Why a node was not proven at the last try, and whether it took the connection at all. */
  unproven: perNode(z.object({ at: Instant, said: z.string(), listens: z.optional(z.boolean()) })),
  /** Nodes whose certificate is not what clients need: since when, and why. */
  uncertified: z._default(perNode(z.object({ since: Instant, reason: z.string() })), {}),
  /** Starts that EC2 has accepted and may not keep, with the refusals and failures before them. */
  started: z._default(
    perNode(z.object({ at: Instant, attempts: z.int(), text: z.optional(z.string()) })),
    {},
  ),
});
export type Progress = z.infer<typeof Progress>;

const Step = z.union([
  z.object({ kind: z.enum(['start-database', 'stop-database']) }),
  z.object({
    kind: z.enum(['start-node', 'stop-node', 'drain', 'undrain', 'probe']),
    node: z.enum(['a', 'b']),
    instanceId: z.string(),
  }),
]);
export type Step = z.infer<typeof Step>;

/**
 * One run of the power workflow, as it travels from state to state.
 *
 * All that a run learns on its way is in here; all that must outlive it is in the table.
 */
export const Run = z.object({
  execution: z.string(),
  fence: z.int(),
  goal: z.object({ a: Power, b: Power, database: Power }),
  /** The site as a whole: its open hours are `running`. */
  site: Power,
  reason: z.string(),
  plannedFor: Instant,
  beganAt: Instant,
  progress: Progress,
  /** What the workflow does next; the state machine branches on it. */
  next: z.enum(['act', 'wait', 'tell', 'finish', 'leave']),
  /** How long to pause before the next look, in seconds. */
  seconds: z.int(),
  steps: z.array(Step),
  /** Why `next` is what it is, for the log, the timeline and the alert. */
  because: z.string(),
  /** When the truth behind `steps` was read. */
  seenAt: Instant,
  outcome: z.optional(z.enum(['done', 'unfinished', 'superseded', 'certificate'])),
});
export type Run = z.infer<typeof Run>;

/** Which resource a step touches. */
export const resourceOf = (step: Step): ResourceName =>
  'node' in step ? (step.node as NodeName) : 'database';
