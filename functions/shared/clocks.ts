/**
 * Every bound the operations keep, in seconds; `docs/clocks.md` is this table for readers.
 */
export const CLOCKS = {
  /** Longest Lambda time-out: a function in flight outlives an aborted execution by this much. */
  longestLambda: 120,
  /** The longest time-out of a workflow: no execution is running after this much. */
  longestWorkflow: 60 * 60,
  /** How long the tick leaves a planned instant to the schedule's own event before it steps in. */
  scheduleGrace: 45,
  /** How long a run waits for another workflow's lease. */
  leaseWait: 10 * 60,
  /** The pause after a run that did not reach its goal. */
  retryPause: 5 * 60,
  /** A run ends itself here, before its workflow's time-out of 45 minutes ends it for us. */
  runBudget: 36 * 60,
  /** A planned change that is not reached by now is told to the operator as late. */
  lateAfter: 15 * 60,
  /** The tick tells it if the run has not: the run may be dead. */
  lateAfterByTick: 17 * 60,
  /** Evidence for a disruptive call, and for an address in an alert, is at most this old. */
  evidence: 60,
  /** A wish that changed longer ago than this was changed by a deploy, not by its time of day. */
  planned: 60 * 60,
  /** A host that does not answer is told to take clients again at most this often. */
  undrainEvery: 3 * 60,
  /** EC2's picture of an instance that was told to start is not taken for the truth before this. */
  startSettles: 60,
  /** A host that did not answer is asked again after this much. */
  probeAgain: 20,
  /** Associations get this long to finish before their node is stopped all the same. */
  drain: 5 * 60,
} as const;

export const secondsBetween = (from: string | Date, to: Date): number =>
  (to.getTime() - new Date(from).getTime()) / 1000;

export const plusSeconds = (instant: Date, seconds: number): string =>
  new Date(instant.getTime() + seconds * 1000).toISOString();
