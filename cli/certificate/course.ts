import type { HistoryEvent } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { CaughtError, failureIn } from '../../functions/shared/workflow-failure.ts';

/** Of a value that came as JSON, from a workflow that may be older or newer than this. */
type Fields = Readonly<Record<string, unknown>>;

/** Something that a run came to: the state that it is in, and why as far as the run says. */
export interface Turn {
  readonly id: number;
  readonly at: Date;
  readonly state: string;
  readonly because?: string;
}

/**
 * The states that a run has entered after the event `last`, oldest first; events as Step Functions
 * gives them, in any order.
 */
export const turnsOf = (events: readonly HistoryEvent[], last: number): Turn[] =>
  events
    .flatMap(({ id = 0, timestamp: at, stateEnteredEventDetails: entered }) => {
      if (id <= last || !at || !entered?.name) return [];
      const because = becauseIn(entered.input);
      return [{ id, at, state: entered.name, ...(because !== undefined && { because }) }];
    })
    .sort((one, other) => one.id - other.id);

/** How a run ended. */
export interface Ending {
  /** Everything that was wanted has come about, or was found to be so. */
  readonly good: boolean;
  readonly lines: readonly string[];
}

/** What each outcome of a run is for the one who asked for it. */
const OUTCOMES = new Map([
  ['done', { good: true, says: 'Done' }],
  ['planned', { good: true, says: 'Planned, nothing was changed' }],
  ['deferred', { good: false, says: 'Deferred, nothing was changed for now' }],
]);

/** How an execution that is over ended: its status, its output, or its error and cause. */
export function endingOf(execution: {
  readonly status?: string | undefined;
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}): Ending {
  const { status = 'of no status', output, error, cause } = execution;
  if (status !== 'SUCCEEDED') {
    const why = [error, cause].filter((part) => part).join(': ');
    return { good: false, lines: [`The run is ${status}${why ? `: ${why}` : ''}`] };
  }
  const run = runIn(asRecord(parsed(output)));
  // A run that left before it looked has no outcome.
  const outcome = OUTCOMES.get(String(run.next === 'leave' ? 'deferred' : run.outcome));
  const head = outcome?.says ?? 'The run has succeeded';
  return {
    good: outcome?.good ?? true,
    lines: [isText(run.because) ? `${head}: ${run.because}` : `${head}.`, ...planOf(run)],
  };
}

/** What a run that only planned would do, one line for each node. */
function planOf({ outcome, progress }: Fields): string[] {
  if (outcome !== 'planned') return [];
  return Object.entries(asRecord(asRecord(progress).plan)).flatMap(([node, plan]) => {
    const { due, reason } = asRecord(plan);
    return isText(reason)
      ? [`node ${node}: ${due ? 'would be renewed' : 'stays as it is'}: ${reason}`]
      : [];
  });
}

/** Why the run is where it is, or what broke the workflow. */
function becauseIn(input: string | undefined): string | undefined {
  const state = asRecord(parsed(input));
  const broke = z.safeParse(CaughtError, state.failure);
  if (broke.success) return failureIn(broke.data).reason;
  const { because } = runIn(state);
  return isText(because) ? because : undefined;
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}

const runIn = ({ run }: Fields): Fields => asRecord(run);

const asRecord = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
