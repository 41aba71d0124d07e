import type { World } from './world.ts';

/** What can be injected, with what it does for `--help`. */
export const FAULTS = {
  'insufficient-capacity': 'for 25 minutes EC2 has no capacity for node a',
  'slow-database': 'the next start of the database takes 25 minutes',
  'lost-schedule': 'the next event of the schedule is never delivered',
} as const;

export type FaultName = keyof typeof FAULTS;

/** One injection: from this instant on. */
export interface Fault {
  readonly name: FaultName;
  readonly at: Date;
}

const LASTS_MS = 25 * 60_000;

/** The injected faults, as the services ask for them; the judge asks when the last one is over. */
export class Faults {
  private readonly world: World;
  private readonly waiting: Set<Fault>;
  /** When each fault that has struck is over, epoch milliseconds. */
  private readonly over: number[] = [];
  /** When each shortage of capacity that has struck ends. */
  private readonly shortages: number[] = [];

  constructor(world: World, faults: readonly Fault[]) {
    this.world = world;
    this.waiting = new Set(faults);
  }

  /** EC2 asks at each start of a node. */
  noCapacity(node: string | undefined): boolean {
    if (node !== 'a') return false;
    const { now } = this.world.clock;
    if (this.shortages.some((end) => now < end)) return true;
    const fault = this.find('insufficient-capacity', LASTS_MS);
    if (!fault) return false;
    this.shortages.push(fault.at.getTime() + LASTS_MS);
    this.strike(fault, fault.at.getTime() + LASTS_MS);
    return true;
  }

  /** RDS asks at each start: how long this one takes in ms, if a fault decides it. */
  databaseStart(): number | undefined {
    const fault = this.find('slow-database');
    if (fault) this.strike(fault, this.world.clock.now + LASTS_MS);
    return fault && LASTS_MS;
  }

  /** Scheduler asks at each time of day. */
  losesSchedule(): boolean {
    const fault = this.find('lost-schedule');
    if (fault) this.strike(fault, this.world.clock.now);
    return fault !== undefined;
  }

  /** When the last fault that has struck by now ends; the past if none did. */
  lastClears(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.over);
  }

  /** Faults that nothing has asked for: what they would have hit did not happen after their time. */
  unstruck(): Fault[] {
    return [...this.waiting];
  }

  /** The first waiting fault of this name whose time has come and, if it lasts, is not over. */
  private find(wanted: FaultName, lastsMs = Number.POSITIVE_INFINITY): Fault | undefined {
    const { now } = this.world.clock;
    return [...this.waiting].find(
      ({ name, at }) => name === wanted && at.getTime() <= now && now < at.getTime() + lastsMs,
    );
  }

  private strike(fault: Fault, over: number): void {
    this.waiting.delete(fault);
    this.over.push(over);
    this.world.trace.add('fault', 'FAULT', fault.name, FAULTS[fault.name]);
  }
}
