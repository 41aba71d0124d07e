import * as z from 'zod/mini';

/** As Step Functions gives it to a Catch; a time-out comes without a cause. */
export const CaughtError = z.object({ Error: z.string(), Cause: z._default(z.string(), '') });

/** The failure of a state, as it is told. */
export interface WorkflowFailure {
  /** The error's name and its sentence. */
  readonly reason: string;
  /** Time may mend it. */
  readonly passing: boolean;
}

/** Errors of ours that waiting does not mend. */
const LASTING = new Set([
  'AuthorityUnavailable',
  'InvalidInput',
  'InvalidSettings',
  'RequestRefused',
]);

/** A Lambda's own error arrives as JSON in the Cause: the operator gets its sentence. */
export function failureIn({ Error: name, Cause }: z.infer<typeof CaughtError>): WorkflowFailure {
  return { reason: `${name}: ${sentenceIn(Cause)}`, passing: !LASTING.has(name) };
}

function sentenceIn(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: string };
    return errorMessage ?? cause;
  } catch {
    return cause;
  }
}
