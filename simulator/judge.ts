import { nextTransitions } from '../functions/power/schedule.ts';
import { type PowerPlan, wishes } from '../functions/power/wishes.ts';
import type {
  Intent,
  Lease,
  NodeName,
  Override,
  PowerState,
  ResourceName,
} from '../functions/shared/operations-table.ts';
import { peerOf, RESOURCES } from '../functions/shared/operations-table.ts';
import type { Invocation } from './api.ts';
import type { Execution } from './services/step-functions.ts';
import type { World } from './world.ts';

/** What the operator planned, as the configuration says it. */
export type Plan = PowerPlan;

/** The invariants of the design that are judged in every run, by their numbers there. */
export const INVARIANTS = {
  1: 'Serving',
  2: 'Intent',
  3: 'Mutex',
  4: 'Lease',
  13: 'Record first',
  14: 'Determinism',
  15: 'Plan',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** A run that broke an invariant: which, when, what was true, what was done, by whom. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
  readonly invariant: Invariant;
  readonly at: string;

  constructor(invariant: Invariant, at: string, what: string) {
    super(`invariant ${invariant} (${INVARIANTS[invariant]}) broken at ${at}: ${what}`);
    this.invariant = invariant;
    this.at = at;
  }
}

/** A call was refused that the deployed template would refuse as well. */
export class PermissionMissing extends Error {
  override readonly name = 'PermissionMissing';
}

/** How long a change may take, or be late without an alert that says so. */
export const PLAN_BOUND_MS = 20 * 60_000;
/** How long after a planned change a call that rests on what was before may still be made. */
const EDGE_MS = 90_000;
/** How often the judge looks whether all is as planned. */
const ROUND_MS = 30 * 60_000;
/** How long a lease may outlive its holder. */
const LEASE_BOUND_MS = 5 * 60_000;

/**
 * Watches the true world, not what an API answered, and ends the run at the first invariant
 * that breaks.
 */
export class Judge {
  private readonly world: World;
  private readonly plan: Plan;
  /** Executions that have made disruptive calls and have not ended. */
  private readonly actors = new Set<string>();

  private lastPlanned: number;

  constructor(world: World, plan: Plan) {
    this.world = world;
    this.plan = plan;
    this.lastPlanned = world.clock.now;
    // A deployment leaves everything running: that, too, must come to what is planned.
    this.expect(world.clock.now);
    this.awaitTransition();
    this.makeRounds();
  }

  permission(refusal: string): void {
    this.world.clock.fail(new PermissionMissing(`at ${this.world.clock.iso()}: ${refusal}`));
  }

  /** Called at the instant of each disruptive call, before it takes effect. */
  disruptive(kind: 'start' | 'stop', resource: string, by: Invocation): void {
    const name = resource as ResourceName;
    const wish = kind === 'start' ? 'running' : 'stopped';
    const who = `${by.functionName} for ${by.execution ?? 'no execution'}`;
    const intent = this.intent(name);
    const lease = this.lease();
    if (intent?.wish !== wish || !this.isPlanned(name, wish)) {
      const meant = this.isPlanned(name, wish) ? (intent?.wish ?? 'left alone') : 'otherwise';
      this.broken(2, `${who} would ${kind} ${name}, which is meant to be ${meant}`);
    }
    if (intent?.run !== by.execution || lease?.owner !== by.execution) {
      this.broken(
        13,
        `${who} would ${kind} ${name}; the intent is of ${intent?.run}, the lease of ${lease?.owner}`,
      );
    }
    const other = this.world.stepFunctions.executions.find(
      ({ arn, status }) => arn !== by.execution && status === 'RUNNING' && this.actors.has(arn),
    );
    if (other) this.broken(3, `${who} would ${kind} ${name} while ${other.arn} is at work`);
    // The plan for the database follows that for the nodes, so Intent covers it.
    if (kind === 'stop' && name !== 'database') this.assertServing(name, who);
    this.actors.add(by.execution ?? '');
  }

  executionEnded(execution: Execution): void {
    this.actors.delete(execution.arn);
    this.world.clock.after(
      LEASE_BOUND_MS,
      () => {
        if (this.lease()?.owner === execution.arn) {
          this.broken(4, `${execution.arn} ended as ${execution.status} and still holds the lease`);
        }
      },
      { housekeeping: true },
    );
  }

  private assertServing(name: NodeName, who: string): void {
    const peer = peerOf(name);
    if (this.serves(name) && !this.serves(peer) && !this.isPlanned(peer, 'stopped')) {
      this.broken(1, `${who} would take down node ${name}, the last one that serves`);
    }
  }

  /** Whether the plan wants this now, or wanted it until a moment ago: a call takes its time. */
  private isPlanned(name: ResourceName, wish: PowerState): boolean {
    const { now } = this.world.clock;
    return [now, now - EDGE_MS].some((instant) => this.wishAt(instant)[name] === wish);
  }

  private wishAt(instant: number): Readonly<Record<ResourceName, PowerState>> {
    const override = this.world.dynamodb.truth().get('OVERRIDE') as Override | undefined;
    return wishes(this.plan, override, new Date(instant)).of;
  }

  /** Looks 20 minutes after each planned change, for as long as the schedule has any. */
  private awaitTransition(): void {
    const { clock } = this.world;
    const { schedule } = this.plan;
    const [next] = schedule ? nextTransitions(schedule, new Date(clock.now), 1) : [];
    if (!next) return;
    // No housekeeping: whatever the code under test believes, no quiet time outlasts the plan.
    clock.at(next.at.getTime(), () => {
      this.lastPlanned = clock.now;
      this.expect(clock.now);
      this.awaitTransition();
    });
  }

  /** Looks between planned changes, too: what is not as planned must be so again 20 minutes on. */
  private makeRounds(): void {
    const { clock, faults } = this.world;
    const housekeeping = { housekeeping: true };
    clock.after(
      ROUND_MS,
      () => {
        this.makeRounds();
        const since = clock.now;
        if (this.deviations().length === 0) return;
        clock.after(
          PLAN_BOUND_MS,
          () => {
            const still = this.deviations();
            const excused = Math.max(this.lastPlanned, faults.lastClears()) + PLAN_BOUND_MS > since;
            if (still.length === 0 || excused) return;
            const iso = new Date(since).toISOString();
            this.broken(15, `since ${iso} ${still.join(', ')}, and nothing was planned then`);
          },
          housekeeping,
        );
      },
      housekeeping,
    );
  }

  private expect(planned: number): void {
    const { clock, faults } = this.world;
    const since = new Date(planned).toISOString();
    clock.at(
      planned + PLAN_BOUND_MS,
      () => {
        const late = this.deviations();
        if (late.length === 0) return;
        const told = this.world.trace.deliveries.some(
          ({ at, attributes }) => attributes.kind === 'LATE' && at >= since,
        );
        if (!told)
          this.broken(15, `20 minutes after ${since} ${late.join(', ')}, and no alert said so`);
        const clears = faults.lastClears();
        if (clears < planned) {
          this.broken(
            15,
            `20 minutes after ${since} ${late.join(', ')}, with no fault to excuse it`,
          );
        }
        clock.at(
          Math.max(clears, planned) + PLAN_BOUND_MS,
          () => {
            const still = this.deviations();
            if (still.length === 0) return;
            const cleared = new Date(clears).toISOString();
            this.broken(15, `20 minutes after the fault cleared at ${cleared} ${still.join(', ')}`);
          },
          { housekeeping: true },
        );
      },
      { housekeeping: true },
    );
  }

  /** What is not as planned right now, in words. */
  private deviations(): string[] {
    const wish = this.wishAt(this.world.clock.now);
    return RESOURCES.filter((name) => this.stateOf(name) !== wish[name]).map(
      (name) => `${name} is ${this.stateOf(name)} and not ${wish[name]}`,
    );
  }

  private stateOf(name: ResourceName): string {
    const { ec2, rds } = this.world;
    if (name === 'database') {
      return rds.available ? 'running' : rds.stopped ? 'stopped' : 'between the two';
    }
    const instance = ec2.instances.find(({ tags }) => tags['orthweb:node'] === name);
    if (instance?.state === 'stopped') return 'stopped';
    return this.serves(name) ? 'running' : 'between the two';
  }

  private serves(node: NodeName): boolean {
    const { instances } = this.world.ec2;
    return instances.some(({ tags, host }) => tags['orthweb:node'] === node && host.serves);
  }

  private intent(name: ResourceName): Intent | undefined {
    return this.world.dynamodb.truth().get(`INTENT#${name}`) as Intent | undefined;
  }

  private lease(): Lease | undefined {
    return this.world.dynamodb.truth().get('LEASE') as Lease | undefined;
  }

  private broken(invariant: Invariant, what: string): never {
    const error = new InvariantBroken(invariant, this.world.clock.iso(), what);
    this.world.clock.fail(error);
    throw error;
  }
}
