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
  private readonly waiting: Fault[];
  /** When each fault that has struck is over, epoch milliseconds. */
  private readonly over: number[] = [];

  constructor(world: World, faults: readonly Fault[]) {
    this.world = world;
    this.waiting = [...faults].sort((one, other) => one.at.getTime() - other.at.getTime());
    for (const { name, at } of this.waiting) {
      if (name === 'insufficient-capacity') this.over.push(at.getTime() + LASTS_MS);
    }
  }

  /** EC2 asks at each start of a node. */
  noCapacity(node: string | undefined): boolean {
    const { now } = this.world.clock;
    const struck = this.waiting.some(
      ({ name, at }) =>
        name === 'insufficient-capacity' && at.getTime() <= now && now < at.getTime() + LASTS_MS,
    );
    if (struck && node === 'a') this.say('insufficient-capacity');
    return struck && node === 'a';
  }

  /** RDS asks at each start: how long this one takes in ms, if a fault decides it. */
  databaseStart(): number | undefined {
    if (!this.take('slow-database')) return undefined;
    this.over.push(this.world.clock.now + LASTS_MS);
    return LASTS_MS;
  }

  /** Scheduler asks at each time of day. */
  losesSchedule(): boolean {
    return this.take('lost-schedule');
  }

  /** When the last fault that has struck by `now` ends; the past if none did. */
  lastClears(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.over);
  }

  private take(wanted: FaultName): boolean {
    const index = this.waiting.findIndex(
      ({ name, at }) => name === wanted && at.getTime() <= this.world.clock.now,
    );
    if (index < 0) return false;
    this.waiting.splice(index, 1);
    this.say(wanted);
    return true;
  }

  private say(name: FaultName): void {
    this.world.trace.add('fault', 'FAULT', name, FAULTS[name]);
  }
}
