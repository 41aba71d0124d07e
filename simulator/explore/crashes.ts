import { type SimulationOptions, type SimulationResult, simulate } from '../simulation.ts';
import { type RecordedCall, recording } from './recording.ts';

/** One place in a scenario where a function dies: right after this call has taken effect. */
export interface CrashPoint {
  /** Which call of all in the span, counted from 1. */
  readonly call: number;
  /** Whose call and which: `power/act ec2:StartInstances`. */
  readonly label: string;
}

export interface Crash extends CrashPoint {
  readonly result: SimulationResult;
}

/** The calls after which functions die: those from the first instant on, before the second. */
export interface Span {
  readonly from: Date;
  readonly until: Date;
}

const DAY_MS = 86_400_000;

/**
 * Plays the scenario once as it is to find every call that a function makes to AWS in the span, and
 * then once for each of them, killing the function right after that call took effect and before
 * it hears of it. What AWS then repeats, the simulated AWS repeats: the Task by its Retry, the
 * event by Lambda's queue, the tick by the next minute.
 *
 * A function that dies before its first call has done nothing, so these are all the places.
 */
export async function* everyCrash(
  options: SimulationOptions,
  span: Span = whole(options),
): AsyncGenerator<Crash> {
  const points = await killing(options, span, NEVER);
  // Killed in a scenario that fails by itself, a function would prove nothing.
  if (points.result.failure) throw points.result.failure;
  for (const [index, label] of points.labels.entries()) {
    const call = index + 1;
    const { labels, result } = await killing(options, span, call);
    if (labels[index] !== label) {
      throw new Error(
        `call ${call} was "${label}" and is "${labels[index]}" in the play that dies`,
      );
    }
    yield { call, label, result };
  }
}

/** A call that is never reached: the fault waits all the time, as it does before it strikes. */
const NEVER = 1_000_000_000;

const whole = ({ from, days }: SimulationOptions): Span => ({
  from,
  until: new Date(from.getTime() + days * DAY_MS),
});

/** Plays with a death after the nth call, and says which calls there were in the span. */
async function killing(
  options: SimulationOptions,
  span: Span,
  nth: number,
): Promise<{ readonly labels: readonly string[]; readonly result: SimulationResult }> {
  const calls: RecordedCall[] = [];
  const killed = { name: 'killed-function', on: `*#${nth}`, at: span.from } as const;
  const result = await simulate({
    ...options,
    faults: [...options.faults, killed],
    passage: (world) => recording(world, calls),
  });
  const within = calls.filter(({ at }) => span.from.getTime() <= at && at < span.until.getTime());
  return { labels: within.map(({ by, call }) => `${by} ${call}`), result };
}
