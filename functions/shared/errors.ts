/** The event does not have the promised shape. Never worth a retry. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
}

/** The function's environment lacks or garbles a setting. Only a deploy can mend it. */
export class InvalidSettings extends Error {
  override readonly name = 'InvalidSettings';
}

/** Somebody else wrote an item between our read and our write. Read again and decide again. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/**
 * Another workflow kept the site's lease for longer than a planned transition may wait.
 * Never worth a retry inside the same run: the tick starts a new one.
 */
export class LeaseBusy extends Error {
  override readonly name = 'LeaseBusy';
}

/**
 * Right before a disruptive call the lease, the intent or the evidence no longer allowed it.
 * Never worth a retry: the run has lost its ground and must end.
 */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

/**
 * The site's certificate authority cannot sign: its key refuses, or its certificate ends too soon.
 * Never worth a retry in the same run: a person has to mend it.
 */
export class AuthorityUnavailable extends Error {
  override readonly name = 'AuthorityUnavailable';
}

/**
 * A host's request for a certificate is not one to sign, or what would come of it breaks a rule.
 * Never worth a retry in the same run: the request stays as it is.
 */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}

/** The site tick did what it could and something is left: the next minute tries again. */
export class TickIncomplete extends Error {
  override readonly name = 'TickIncomplete';
}

/** A look at the site's health is written down and could not be told to everybody: the next minute tries again. */
export class LookIncomplete extends Error {
  override readonly name = 'LookIncomplete';
}
