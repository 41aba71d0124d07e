/** The invariants of the design, by their numbers there. */
export const INVARIANTS = {
  1: 'Serving',
  2: 'Intent',
  3: 'Mutex',
  4: 'Lease',
  5: 'Alerts',
  6: 'Truth',
  7: 'Shared',
  8: 'Bounds',
  9: 'Certificates',
  10: 'Idempotence',
  11: 'Liveness',
  12: 'Blind',
  13: 'Record first',
  14: 'Determinism',
  15: 'Plan',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** A run that broke an invariant: which, when, what was true, what was done, by whom. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
  readonly invariant: Invariant;
  readonly at: string;

  constructor(invariant: Invariant, at: string, what: string) {
    super(`invariant ${invariant} (${INVARIANTS[invariant]}) broken at ${at}: ${what}`);
    this.invariant = invariant;
    this.at = at;
  }
}

/** A call was refused that the deployed template would refuse as well. */
export class PermissionMissing extends Error {
  override readonly name = 'PermissionMissing';
}

/** A host was cut off, by the network of the deployed template, from whom it needs or who needs it. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
}

/** Something on a real host ended otherwise than it should. */
export class HostFailed extends Error {
  override readonly name = 'HostFailed';
}

/** What fails a run that goes on to its end. */
export type Finding = InvariantBroken | PermissionMissing | OutOfReach | HostFailed;

/** Where the rules report what they find. */
export type Report = (invariant: Invariant, what: string) => void;
