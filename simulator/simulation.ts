import type { Fault } from './faults/library.ts';
import type { Outage } from './judge/health.ts';
import type { Finding } from './judge/invariants.ts';
import { seedProcess } from './random.ts';
import type { HostCommand } from './real-hosts.ts';
import type { Execution } from './services/step-functions/step-functions.ts';
import type { Delivery, Entry } from './trace.ts';
import { World, type WorldOptions } from './world.ts';

export interface SimulationOptions extends Omit<WorldOptions, 'skipQuietTicks'> {
  readonly days: number;
  readonly skipQuietTicks?: boolean;
  /** Called now and then with the virtual time, for a progress line. */
  readonly progress?: (now: Date) => void;
  /** Called once the world stands and before time moves: for tests that set the scene. */
  readonly prepare?: (world: World) => void;
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
> & {
  /** Whose it is, where that is not the site that is played. */
  readonly site?: string;
};

export interface SimulationResult {
  readonly entries: readonly Entry[];
  readonly deliveries: readonly Delivery[];
  readonly runs: readonly Run[];
  /** What was done on real hosts, where the hosts were real. */
  readonly hosts?: readonly HostCommand[];
  /** When nodes that were meant to serve did not. */
  readonly outages: readonly Outage[];
  /** Injected faults that struck nothing. */
  readonly unstruck: readonly Fault[];
  readonly ticks: { readonly run: number; readonly skipped: number };
  /** The first break of each invariant, and each right and each way that was missing. */
  readonly findings: readonly Finding[];
  /** The first thing that went wrong: a finding, or what ended the run. */
  readonly failure: Error | undefined;
}

const DAY_MS = 86_400_000;
const PROGRESS_EVENTS = 500;

/**
 * Plays the assembly's operations in virtual time.
 *
 * Replaces the process's `Date`, timers and chance while it runs, so there is one at a time. Rejects when the assembly cannot be loaded; what breaks later is in `failure`.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const world = await World.load({ skipQuietTicks: true, ...options });
  const restore = seedProcess(options.seed);
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
    restore();
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
      ...(run.site.mark && { site: run.site.mark }),
    })),
    ...(world.realHosts && { hosts: world.realHosts.commands }),
    outages: world.judge.outages,
    unstruck: world.site.faults.unstruck(),
    ticks: { run: world.scheduler.ticks, skipped: world.scheduler.skippedTicks },
    findings: world.findings,
    failure: failure ?? world.findings[0],
  };
}
