import type { HistoryEvent } from '@aws-sdk/client-sfn';

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
const OUTCOMES: Readonly<Record<string, { readonly good: boolean; readonly says: string }>> = {
  done: { good: true, says: 'Done' },
  planned: { good: true, says: 'Planned, nothing was changed' },
  deferred: { good: false, says: 'Deferred, nothing was changed for now' },
  failed: { good: false, says: 'Failed' },
};

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
  const run = recordOf(output);
  const outcome = OUTCOMES[String(run.outcome)];
  const [because, ...told] = [run.because, run.told].flat().filter(isText);
  const head = outcome?.says ?? 'The run has succeeded';
  return {
    good: outcome?.good ?? true,
    lines: [because === undefined ? `${head}.` : `${head}: ${because}`, ...told, ...planOf(run)],
  };
}

/** What a run that only planned would do, one line for each node. */
function planOf({ outcome, progress }: Readonly<Record<string, unknown>>): string[] {
  if (outcome !== 'planned') return [];
  return Object.entries(asRecord(asRecord(progress).plan)).flatMap(([node, plan]) => {
    const { due, reason } = asRecord(plan);
    return isText(reason)
      ? [`node ${node}: ${due ? 'would be renewed' : 'stays as it is'}: ${reason}`]
      : [];
  });
}

function becauseIn(input: string | undefined): string | undefined {
  const { because } = recordOf(input);
  return isText(because) ? because : undefined;
}

/** The run in a state's input or output, which may be wrapped as `{ run }`; empty for anything else. */
function recordOf(json: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value = asRecord(JSON.parse(json ?? ''));
    return 'run' in value ? asRecord(value.run) : value;
  } catch {
    return {};
  }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
