import type { OutboxRow } from '../../functions/shared/operations-table.ts';
import { nodeOf, wasNamed } from '../services/ec2/instance.ts';
import type { Site } from '../site.ts';
import type { Report } from './invariants.ts';

/** How long a committed alert may take to reach the operator, or after a fault has cleared. */
const DELIVERY_BOUND_MS = 10 * 60_000;
/** How long before its commit an address must have served, by the design. */
const TRUTH_MS = 60_000;
/** From the function's look at its watch to the commit: a few calls on the network. */
const ON_THE_WAY_MS = 2_000;

/** Alerts and Truth: each transition told once, to somebody, and nothing told that was not so. */
export class AlertRules {
  private readonly site: Site;
  private readonly report: Report;
  /** The transitions that an alert has been committed for. */
  private readonly told = new Set<string>();

  constructor(site: Site, report: Report) {
    this.site = site;
    this.report = report;
  }

  wrote(key: string, value: unknown): void {
    if (!key.startsWith('OUTBOX#')) return;
    const row = value as OutboxRow;
    // A key is the transition's own instant and kind; what follows tells writers apart.
    const transition = key.split('#').slice(1, 3).join(' ');
    if (this.told.has(transition)) {
      this.report(5, `the transition ${transition} is told a second time: "${row.subject}"`);
    }
    this.told.add(transition);
    this.judgeTruth(row);
    const { clock } = this.site.world;
    this.awaitDelivery(row, clock.now, clock.iso());
  }

  private awaitDelivery(row: OutboxRow, since: number, committed: string): void {
    const { faults, world } = this.site;
    world.clock.at(
      since + DELIVERY_BOUND_MS,
      () => {
        const out = this.site.deliveries.some(
          ({ at, text }) => at >= committed && text === row.text,
        );
        if (out) return;
        if (faults.lastClears() > since) {
          this.awaitDelivery(row, faults.lastClears(), committed);
        } else {
          this.report(5, `"${row.subject}", committed at ${committed}, has reached nobody`);
        }
      },
      { housekeeping: true },
    );
  }

  private judgeTruth({ subject, text }: OutboxRow): void {
    const { clock, ec2 } = this.site.world;
    const since = clock.now - TRUTH_MS - ON_THE_WAY_MS;
    const ours = ec2.instances.filter(({ site }) => site === this.site);
    const [headline = ''] = text.split('\n');
    const recommended = [...text.matchAll(/https:\/\/([\w.-]+)/g)].map(([, name]) => name ?? '');
    if (recommended.length === 0 && !headline.includes('no address')) {
      this.report(6, `"${subject}" names no address and does not say that there is none`);
    }
    for (const name of new Set(recommended)) {
      const instance = ours.find((one) => wasNamed(one, name, since));
      if (instance?.host.servedSince(since)) continue;
      const what = instance ? `node ${nodeOf(instance)}, which did not serve` : 'no node of ours';
      this.report(6, `"${subject}" recommends ${name}: ${what} in the minute before`);
    }
  }
}
