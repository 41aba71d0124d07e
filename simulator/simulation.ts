import type { Fault } from './faults.ts';
import { InvariantBroken, type Plan } from './judge.ts';
import { Chance } from './random.ts';
import type { Execution } from './services/step-functions.ts';
import type { Delivery, Entry } from './trace.ts';
import { World } from './world.ts';

export interface SimulationOptions {
  /** The cloud assembly: `cdk.out`. */
  readonly directory: string;
  readonly plan: Plan;
  /** The rehearsal begins here, as a deployment at this instant would. */
  readonly from: Date;
  readonly days: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly skipQuietTicks?: boolean;
  /** Called now and then with the virtual time, for a progress line. */
  readonly progress?: (now: Date) => void;
  /** Called once the world stands and before time moves: for tests that set the scene. */
  readonly prepare?: (world: World) => void;
}

/**
 * Plays twice and compares: the same seed must give the same trace, byte for byte. A play that
 * broke is not played again. Rejects as `simulate` does.
 */
export async function rehearse(options: SimulationOptions): Promise<SimulationResult> {
  const first = await simulate(options);
  if (first.failure) return first;
  const second = await simulate(options);
  if (second.failure) return second;
  const failure = difference(first, second);
  return failure ? { ...first, failure } : first;
}

function difference(one: SimulationResult, other: SimulationResult): Error | undefined {
  if (JSON.stringify(one) === JSON.stringify(other)) return undefined;
  const at = one.entries.findIndex(
    (entry, index) => JSON.stringify(entry) !== JSON.stringify(other.entries[index]),
  );
  const [here, there] = [one.entries[at], other.entries[at]];
  return new InvariantBroken(
    14,
    here?.at ?? 'the end',
    `the same seed gave "${here?.who}: ${here?.text}" and then "${there?.who}: ${there?.text}"`,
  );
}

/** A workflow run as it ended, or as it stands. */
export type Run = Pick<
  Execution,
  | 'arn'
  | 'name'
  | 'trigger'
  | 'status'
  | 'startedAt'
  | 'endedAt'
  | 'transitions'
  | 'state'
  | 'output'
>;

export interface SimulationResult {
  readonly entries: readonly Entry[];
  readonly deliveries: readonly Delivery[];
  readonly runs: readonly Run[];
  /** Injected faults that struck nothing. */
  readonly unstruck: readonly Fault[];
  readonly ticks: { readonly run: number; readonly skipped: number };
  /** The first thing that went wrong: an invariant, a permission, something not modelled. */
  readonly failure: Error | undefined;
}

const DAY_MS = 86_400_000;
const PROGRESS_EVENTS = 500;

/**
 * Plays the assembly's operations in virtual time.
 *
 * Replaces the process's `Date`, timers and `Math.random` while it runs, so there is one at a
 * time. Rejects when the assembly cannot be loaded; what breaks later is in `failure`.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { world, scheduler } = await World.load({ skipQuietTicks: true, ...options });
  const random = Math.random;
  const jitter = Chance.of(options.seed, 'Math.random');
  Math.random = () => jitter.fraction();
  const end = new Date(options.from.getTime() + options.days * DAY_MS);
  let events = 0;
  let failure: Error | undefined;
  try {
    options.prepare?.(world);
    await world.clock.runUntil(end, () => {
      events++;
      if (events % PROGRESS_EVENTS === 0) options.progress?.(new Date(world.clock.now));
    });
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  } finally {
    Math.random = random;
    world.clock.uninstall();
  }
  return {
    entries: world.trace.entries,
    deliveries: world.trace.deliveries,
    runs: world.stepFunctions.executions.map((run) => ({
      arn: run.arn,
      name: run.name,
      trigger: run.trigger,
      status: run.status,
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      transitions: run.transitions,
      state: run.state,
      output: run.output,
    })),
    unstruck: world.faults.unstruck(),
    ticks: { run: scheduler.ticks, skipped: scheduler.skippedTicks },
    failure,
  };
}
