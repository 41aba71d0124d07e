import { nextTransitions } from '../../functions/power/schedule.ts';
import { type PowerPlan, wishes } from '../../functions/power/wishes.ts';
import type {
  Override,
  PowerState,
  ResourceName,
} from '../../functions/shared/operations-table.ts';
import { RESOURCES } from '../../functions/shared/operations-table.ts';
import type { Site } from '../site.ts';
import type { Report } from './invariants.ts';

/** What the operator planned, as the configuration says it. */
export type Plan = PowerPlan;

/** How long a change may take, or be late without an alert that says so. */
export const PLAN_BOUND_MS = 20 * 60_000;
/** How long after a planned change a call that rests on what was before may still be made. */
const EDGE_MS = 90_000;
/** How often the judge looks whether all is as planned. */
const ROUND_MS = 30 * 60_000;
const housekeeping = { housekeeping: true };

/** Plan: 20 minutes after each planned change, and between them, all is as the operator wished. */
export class PlanRules {
  private readonly site: Site;
  private plan: Plan;
  private readonly report: Report;
  private lastPlanned: number;
  /** Since the last planned change all has been as planned, if only for a moment. */
  private arrived = false;
  /** The plan that a deployment has replaced, for as long as calls may still rest on it. */
  private before: { readonly plan: Plan; readonly until: number } | undefined;

  constructor(site: Site, plan: Plan, report: Report) {
    this.site = site;
    this.plan = plan;
    this.report = report;
    const { now } = site.world.clock;
    this.lastPlanned = now;
    // A deployment leaves everything running: that, too, must come to what is planned.
    this.expect(now);
    this.awaitTransition();
    this.makeRounds();
  }

  /** From now on another plan holds, and what it asks for is to be so in twenty minutes. */
  replan(plan: Plan): void {
    const { now } = this.site.world.clock;
    this.before = { plan: this.plan, until: now + EDGE_MS };
    this.plan = plan;
    this.lastPlanned = now;
    this.expect(this.lastPlanned);
    this.awaitTransition();
  }

  /** Whether the plan wants this now, or wanted it until a moment ago: a call takes its time. */
  wanted(name: ResourceName, wish: PowerState): boolean {
    const { now } = this.site.world.clock;
    const wanted = [this.wishAt(now), this.wishAt(now - EDGE_MS)];
    if (this.before && now < this.before.until) wanted.push(this.wishAt(now, this.before.plan));
    return wanted.some((one) => one[name] === wish);
  }

  private wishAt(instant: number, plan = this.plan): Readonly<Record<ResourceName, PowerState>> {
    const override = this.site.truth().get('OVERRIDE') as Override | undefined;
    return wishes(plan, override, new Date(instant)).of;
  }

  /** Looks 20 minutes after each planned change, for as long as the schedule has any. */
  private awaitTransition(): void {
    const { clock } = this.site.world;
    const { schedule } = this.plan;
    const [next] = schedule ? nextTransitions(schedule, new Date(clock.now), 1) : [];
    if (!next) return;
    // No housekeeping: whatever the code under test believes, no quiet time outlasts the plan.
    clock.at(next.at.getTime(), () => {
      if (schedule !== this.plan.schedule) return;
      this.lastPlanned = clock.now;
      this.expect(clock.now);
      this.awaitTransition();
    });
  }

  /** Looks between planned changes, too: what is not as planned must be so again 20 minutes on. */
  private makeRounds(): void {
    const { faults, world } = this.site;
    const { clock } = world;
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
            this.report(15, `since ${iso} ${still.join(', ')}, and nothing was planned then`);
          },
          housekeeping,
        );
      },
      housekeeping,
    );
  }

  private expect(planned: number): void {
    const { faults, world } = this.site;
    const { clock } = world;
    const since = new Date(planned).toISOString();
    this.arrived = false;
    const check = () => {
      const late = this.deviations();
      // A later change of the plan is judged by its own twenty minutes.
      if (late.length === 0 || this.lastPlanned > planned) return;
      const is = `20 minutes after ${since} ${late.join(', ')}`;
      // Where the table itself is out of reach, an alarm is all that can tell.
      const told = this.site.deliveries.some(
        ({ at, attributes: { kind } }) => at >= since && (kind === 'LATE' || kind === 'ALARM'),
      );
      // What came to be and was lost again is not late: whoever lost it must mend it.
      if (!told && !this.arrived) this.report(15, `${is}, and no alert said so`);
      else if (faults.lastClears() < planned) this.report(15, `${is}, with no fault to excuse it`);
      else this.expectMended(planned, Math.max(faults.lastClears(), planned));
    };
    clock.at(planned + PLAN_BOUND_MS, check, housekeeping);
  }

  /** Called before anything changes: all may have been as planned up to now. */
  changing(): void {
    this.arrived ||= this.deviations().length === 0;
  }

  /** Twenty minutes after the last fault all is as planned, unless something new is planned. */
  private expectMended(planned: number, cleared: number): void {
    const { faults, world } = this.site;
    const { clock } = world;
    const check = () => {
      const still = this.deviations();
      if (still.length === 0 || this.lastPlanned > planned) return;
      if (faults.lastClears() > cleared) {
        this.expectMended(planned, faults.lastClears());
        return;
      }
      const since = new Date(cleared).toISOString();
      this.report(15, `20 minutes after the fault cleared at ${since} ${still.join(', ')}`);
    };
    clock.at(cleared + PLAN_BOUND_MS, check, housekeeping);
  }

  /** What is not as planned right now, in words. */
  private deviations(): string[] {
    const wish = this.wishAt(this.site.world.clock.now);
    return RESOURCES.filter((name) => this.stateOf(name) !== wish[name]).map(
      (name) => `${name} is ${this.stateOf(name)} and not ${wish[name]}`,
    );
  }

  private stateOf(name: ResourceName): string {
    if (name === 'database') {
      const { available, stopped } = this.site.database;
      return available ? 'running' : stopped ? 'stopped' : 'between the two';
    }
    const instance = this.site.node(name);
    if (instance?.state === 'stopped') return 'stopped';
    return instance?.host.serves ? 'running' : 'between the two';
  }
}
