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
  /** A node that waits for a certificate waits this long for its peer, to be renewed with it. */
  certificateCompany: 2 * 60,
  /** The tick has certificates looked at when nobody has for this long: the daily schedule is lost. */
  certificateCheck: 26 * 60 * 60,
  /** A certificate is renewed when it has no more than this left: a third of its 90 days. */
  certificateRenewal: 30 * 86_400,
  /** With less than this left a node is renewed though its peer does not serve. */
  certificateUrgent: 48 * 60 * 60,
  /** A certificate that is not renewed with this much left is told, even if time may mend it. */
  certificateOverdue: 14 * 86_400,
  /** A renewed node is looked at once more after this, before it is the other's turn. */
  certificateSoak: 60,
  /** One step of a renewal that takes longer has failed. */
  certificateStage: 5 * 60,
  /** What clients have to take up a new authority: it signs nothing before. */
  authorityOverlap: 180 * 86_400,
  /** The pause between the looks by which one tick confirms what the first one saw. */
  healthPause: 5,
  /** An incident is over when all has been well for this long … */
  recovered: 3 * 60,
  /** … and for this long where the same subject had been in trouble within `relapse` before. */
  recoveredAgain: 15 * 60,
  relapse: 30 * 60,
  /** Trouble that need not hurt anybody is told when it has lasted this long. */
  blindAfter: 3 * 60,
  unknownAfter: 5 * 60,
  degradedAfter: 10 * 60,
  /** After database or bucket are back, nodes get this long before their failure is their own. */
  aftermath: 5 * 60,
  /** A hint of EventBridge that is older is dropped. */
  hint: 15 * 60,
  /** An instance that has just started, without a plan, is not judged before. */
  bootGrace: 5 * 60,
  /** A command that somebody has sent to change a host explains for this long why it does not serve. */
  changeByCommand: 30 * 60,
  /** Incidents are kept for people to read for this long. */
  history: 400 * 86_400,
  /** Associations get this long to finish before their node is stopped all the same. */
  drain: 5 * 60,
} as const;

export const secondsBetween = (from: string | Date, to: Date): number =>
  (to.getTime() - new Date(from).getTime()) / 1000;

export const plusSeconds = (instant: Date, seconds: number): string =>
  new Date(instant.getTime() + seconds * 1000).toISOString();
