import type { Lease } from '../../functions/shared/operations-table.ts';
import type { Execution } from '../services/step-functions/step-functions.ts';
import type { Site } from '../site.ts';
import type { Report } from './invariants.ts';

/** How long a lease may outlive its holder, or the fault that kept it. */
const LEASE_BOUND_MS = 5 * 60_000;
/** The longest time-out of a workflow in the design, and not in the code that is judged. */
const LONGEST_RUN_MS = 60 * 60_000;
const housekeeping = { housekeeping: true };

/** Lease and Liveness: what every execution owes when it has begun and when it has ended. */
export class RunRules {
  private readonly site: Site;
  private readonly report: Report;

  constructor(site: Site, report: Report) {
    this.site = site;
    this.report = report;
  }

  started(execution: Execution): void {
    const late = () => {
      if (execution.status !== 'RUNNING') return;
      this.report(11, `${execution.arn} is running after ${LONGEST_RUN_MS / 60_000} minutes`);
    };
    this.site.world.clock.after(LONGEST_RUN_MS, late, housekeeping);
  }

  ended(execution: Execution): void {
    const { faults, world } = this.site;
    const { clock } = world;
    const due = (since: number) =>
      clock.at(
        since + LEASE_BOUND_MS,
        () => {
          const lease = this.site.truth().get('LEASE') as Lease | undefined;
          if (lease?.owner !== execution.arn) return;
          if (faults.lastClears() > since) return due(faults.lastClears());
          this.report(4, `${execution.arn} ended as ${execution.status} and still holds the lease`);
        },
        housekeeping,
      );
    due(clock.now);
  }
}
