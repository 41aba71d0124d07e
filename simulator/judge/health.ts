import { secondsBetween } from '../../functions/shared/clocks.ts';
import { type Incident, isOpen } from '../../functions/shared/incident.ts';
import {
  type Intent,
  NODES,
  type NodeName,
  type OutboxRow,
} from '../../functions/shared/operations-table.ts';
import type { Site } from '../site.ts';
import type { Report } from './invariants.ts';

/** A time in which a node that was meant to serve did not, epoch milliseconds. */
export interface Outage {
  readonly node: NodeName;
  readonly from: number;
  /** Absent while it lasts. */
  readonly until?: number;
  /** When an incident that covers it was opened; absent while none is. */
  readonly openedAt?: number;
  /** It began while one was open: nothing new is to be told. */
  readonly isKnown?: true;
}

/** An outage that lasts this long is told, or missed. */
const MISSED_MS = 5 * 60_000;
/** How long before its first bad look what an incident tells of may have been so. */
const LOOK_MS = 90_000;
/** An incident is closed this long after its cause is gone … */
const CLOSE_MS = 10 * 60_000;
/** … and where the same subject had been in trouble shortly before. */
const CLOSE_AGAIN_MS = 20 * 60_000;
const housekeeping = { housekeeping: true };

/** Incidents: what is told of the nodes was so, and what was so is told. */
export class HealthRules {
  readonly outages: readonly Outage[] = [];
  private readonly site: Site;
  private readonly report: Report;
  /** By id, the messages about incidents: `OPENED`, `RECOVERED`, … */
  private readonly told = new Map<string, string[]>();
  private readonly known = new Map<string, Incident>();
  private looking = false;

  constructor(site: Site, report: Report) {
    this.site = site;
    this.report = report;
  }

  /** Called before anything changes that serving hangs on: how it is afterwards is looked at then. */
  changing(): void {
    if (this.looking) return;
    this.looking = true;
    this.site.world.clock.after(
      0,
      () => {
        this.looking = false;
        this.look();
      },
      housekeeping,
    );
  }

  wrote(key: string, value: unknown): void {
    if (key.startsWith('INTENT#')) this.changing();
    if (key.startsWith('OUTBOX#')) this.wroteRow(value as OutboxRow);
    if (key.startsWith('INCIDENT#')) this.wroteIncident(value as Incident);
  }

  private look(): void {
    const { now } = this.site.world.clock;
    for (const node of NODES) {
      const current = this.current(node);
      const fails = this.isMeant(node) && this.site.node(node)?.host.serves !== true;
      if (fails && !current) {
        const isKnown = this.isCovered(node);
        this.put({ node, from: now, ...(isKnown && { isKnown }) });
        this.expectTold(node, now, now);
      }
      if (!fails && current) this.put({ ...current, until: now });
    }
  }

  /** A node's outage in this moment. */
  private current(node: NodeName): Outage | undefined {
    return this.outages.find((one) => one.node === node && one.until === undefined);
  }

  private put(outage: Outage): void {
    const others = this.outages.filter(
      ({ node, from }) => node !== outage.node || from !== outage.from,
    );
    (this as { outages: readonly Outage[] }).outages = [...others, outage];
  }

  private isMeant(node: NodeName): boolean {
    const intent = this.site.truth().get(`INTENT#${node}`) as Intent | undefined;
    return intent?.wish === 'running' && intent.reachedAt !== undefined;
  }

  /**
   * An incident is open that tells of the node, of what it hangs on, or of who looks. One that says that
   * it serves, though something is to be mended, tells nobody to go elsewhere.
   */
  private isCovered(node: NodeName): boolean {
    return [...this.known.values()].some(
      (incident) =>
        isOpen(incident) &&
        incident.class !== 'degraded' &&
        (incident.subject === node || (incident.subject !== 'a' && incident.subject !== 'b')),
    );
  }

  /** Unless something keeps our functions from seeing or acting, an outage is told in time. */
  private expectTold(node: NodeName, from: number, since: number): void {
    const { faults, world } = this.site;
    const check = () => {
      const outage = this.outages.find((one) => one.node === node && one.from === from);
      if (outage?.until !== undefined || outage?.openedAt !== undefined || outage?.isKnown) return;
      const hindered = faults.lastHindered();
      if (hindered > since) this.expectTold(node, from, hindered);
      else {
        const iso = new Date(from).toISOString();
        this.report(11, `node ${node} has not served since ${iso}, and no incident says so`);
      }
    };
    world.clock.at(since + MISSED_MS, check, housekeeping);
  }

  private wroteRow({ subject, data }: OutboxRow): void {
    const { incidents = [], kind = '' } = data ?? {};
    for (const id of incidents) {
      const before = this.told.get(id) ?? [];
      const once = kind === 'OPENED' || kind === 'RECOVERED';
      if (once && before.includes(kind))
        this.report(5, `${id} is told ${kind} twice: "${subject}"`);
      if (kind !== 'OPENED' && !before.includes('OPENED')) {
        this.report(5, `${id} is told ${kind} and was never told OPENED: "${subject}"`);
      }
      this.told.set(id, [...before, kind]);
    }
  }

  private wroteIncident(incident: Incident): void {
    const before = this.known.get(incident.id);
    this.known.set(incident.id, incident);
    const worsened = before?.class === 'degraded' && incident.class !== 'degraded';
    if (incident.openedAt && !before?.openedAt) this.opened(incident);
    else if (isOpen(incident) && worsened) this.covers(incident);
    if (incident.openedAt && incident.closedAt && !before?.closedAt) this.closed(incident);
  }

  private opened(incident: Incident): void {
    this.afterTransaction(incident, 'OPENED');
    this.covers(incident);
    this.expectClosed(incident.id, this.site.world.clock.now);
  }

  /** What it tells of has been found from now on, and is true. */
  private covers(incident: Incident): void {
    if (incident.class === 'degraded') return;
    const { clock } = this.site.world;
    const covered = incident.class === 'node' ? [incident.subject] : NODES;
    for (const outage of this.outages.filter(({ node }) => covered.includes(node))) {
      const isOld = outage.until !== undefined || outage.openedAt !== undefined;
      if (!isOld) this.put({ ...outage, openedAt: clock.now });
    }
    if (incident.class === 'node') this.judgeNode(incident, incident.subject as NodeName);
  }

  /** What a message says of one node is true, and it is the node's own. */
  private judgeNode({ id, firstBadAt, reason }: Incident, node: NodeName): void {
    const since = new Date(firstBadAt).getTime() - LOOK_MS;
    const what = `${id} says "${reason}"`;
    if (!this.isMeant(node)) this.report(2, `${what}; node ${node} is not meant to serve`);
    const failed = this.outages.some(
      (one) => one.node === node && (one.until ?? Number.POSITIVE_INFINITY) >= since,
    );
    if (!failed) this.report(this.isHindered() ? 12 : 6, `${what}; node ${node} served`);
    else if (this.site.node(node)?.host.sound && !this.site.database.available) {
      this.report(7, `${what}; the database is down, and node ${node} is well`);
    }
  }

  private closed({ id, subject, class: kind }: Incident): void {
    this.afterTransaction(this.known.get(id) as Incident, 'RECOVERED');
    const node = NODES.find((one) => one === subject);
    if (kind !== 'node' || !node || !this.isMeant(node)) return;
    const { host } = this.site.node(node) ?? {};
    if (host?.servedSince(this.site.world.clock.now - LOOK_MS)) return;
    this.report(6, `${id} is told to be over, and node ${node} does not serve`);
  }

  /** Something keeps our functions from seeing right now. */
  private isHindered(): boolean {
    return this.site.faults.lastHindered() >= this.site.world.clock.now;
  }

  /** The message is in the same transaction as the change that it tells. */
  private afterTransaction({ id }: Incident, kind: string): void {
    this.site.world.clock.after(
      0,
      () => {
        if (!this.told.get(id)?.includes(kind)) this.report(5, `${id} has no message ${kind}`);
      },
      housekeeping,
    );
  }

  /** Once nothing is wrong any more, and no fault is about, an incident ends in time. */
  private expectClosed(id: string, since: number): void {
    const { faults, world } = this.site;
    const bound = (this.known.get(id)?.relapses ?? 0) > 0 ? CLOSE_AGAIN_MS : CLOSE_MS;
    const check = () => {
      if (this.known.get(id)?.closedAt) return;
      const troubled = this.outages.some(({ until }) => until === undefined);
      const lately = Math.max(
        since,
        faults.lastOver(),
        ...this.outages.map(({ until }) => until ?? world.clock.now),
      );
      if (troubled || lately > since) this.expectClosed(id, lately);
      else this.report(11, `${id} is still open ${secondsAfter(since, world.clock.now)} s later`);
    };
    world.clock.at(since + bound, check, housekeeping);
  }
}

const secondsAfter = (since: number, now: number): number =>
  secondsBetween(new Date(since).toISOString(), new Date(now));
