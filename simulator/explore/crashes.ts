import { network } from '../api.ts';
import { type SimulationOptions, type SimulationResult, simulate } from '../simulation.ts';

/** One place in a scenario where a function dies: right after this call has taken effect. */
export interface CrashPoint {
  /** Which call of all, counted from the beginning. */
  readonly call: number;
  /** Whose call and which: `power/act ec2:StartInstances`. */
  readonly label: string;
}

export interface Crash extends CrashPoint {
  readonly result: SimulationResult;
}

/**
 * Plays the scenario once as it is to find every call that a function makes to AWS, and then once
 * for each of them, killing the function right after that call took effect and before it hears
 * of it. What AWS then repeats, the simulated AWS repeats: the Task by its Retry, the event by
 * Lambda's queue, the tick by the next minute.
 *
 * A function that dies before its first call has done nothing, so these are all the places.
 */
export async function* everyCrash(options: SimulationOptions): AsyncGenerator<Crash> {
  for (const point of await crashPoints(options)) {
    const killed = {
      name: 'killed-function',
      on: `*#${point.call}`,
      at: options.from,
    } as const;
    yield { ...point, result: await simulate({ ...options, faults: [...options.faults, killed] }) };
  }
}

async function crashPoints(options: SimulationOptions): Promise<CrashPoint[]> {
  const points: CrashPoint[] = [];
  const { failure } = await simulate({
    ...options,
    passage: ({ clock }) => {
      const usual = network(clock);
      return {
        ...usual,
        before: async (call) => {
          await usual.before(call);
          if (call.by.dead) return;
          const label = `${call.by.functionName} ${call.service}:${call.operation}`;
          points.push({ call: points.length + 1, label });
        },
      };
    },
  });
  // Killed in a scenario that fails by itself, a function would prove nothing.
  if (failure) throw failure;
  return points;
}
