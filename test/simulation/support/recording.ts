import { type RecordedCall, recording } from '../../../simulator/explore/recording.ts';
import type { Targets } from '../../../simulator/faults/library.ts';
import { type SimulationOptions, simulate } from '../../../simulator/simulation.ts';

/** Every call that our functions make in this play, and every look at a node, as they arrive. */
export async function recorded(options: SimulationOptions): Promise<RecordedCall[]> {
  const calls: RecordedCall[] = [];
  const { failure } = await simulate({ ...options, passage: (world) => recording(world, calls) });
  // What a play that breaks has called says nothing about one that does not.
  if (failure) throw failure;
  return calls;
}

/** A look at a node is no call of an API, and none of an API's faults can hit it. */
export const isOfApi = ({ call }: RecordedCall): boolean => !call.startsWith('view:');

/** What faults can hit in this play: every function that ran, every operation that was called. */
export async function targetsOf(options: SimulationOptions): Promise<Targets> {
  const calls = await recorded(options);
  return {
    functions: [...new Set(calls.map(({ by }) => by))].sort(),
    calls: [...new Set(calls.filter(isOfApi).map(({ call }) => call))].sort(),
  };
}
