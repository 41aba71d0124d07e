import type { Sight } from '../../functions/shared/view.ts';
import type { Invocation } from '../api.ts';
import type { Call } from '../faults/faults.ts';
import type { Host } from '../host.ts';
import type { Served } from '../host-tls.ts';
import type { Execution } from '../services/step-functions/step-functions.ts';
import type { Site } from '../site.ts';
import { AlertRules } from './alerts.ts';
import { CallRules, type Disruption } from './calls.ts';
import { CertificateRules } from './certificates.ts';
import { HealthRules, type Outage } from './health.ts';
import {
  type Finding,
  HostFailed,
  type Invariant,
  InvariantBroken,
  OutOfReach,
  PermissionMissing,
} from './invariants.ts';
import { type Plan, PlanRules } from './plan.ts';
import { RunRules } from './runs.ts';

/**
 * Watches what is true of one site, not what an API answered.
 *
 * It lets the run go on and keeps the first break of each invariant: what follows from a break
 * is part of what there is to know about it. Determinism and Idempotence are judged over
 * several plays (`simulator/simulation.ts`).
 */
export class Judge {
  readonly findings: Finding[] = [];
  private readonly site: Site;
  private readonly calls: CallRules;
  private readonly alerts: AlertRules;
  private readonly runs: RunRules;
  private readonly plan: PlanRules;
  private readonly certificates: CertificateRules;
  private readonly health: HealthRules;

  constructor(site: Site, plan: Plan) {
    const report = (invariant: Invariant, what: string) => this.broken(invariant, what);
    this.site = site;
    this.alerts = new AlertRules(site, report);
    this.runs = new RunRules(site, report);
    this.plan = new PlanRules(site, plan, report);
    this.certificates = new CertificateRules(site, report);
    this.health = new HealthRules(site, report);
    this.calls = new CallRules(site, { plan: this.plan, certificates: this.certificates }, report);
  }

  /** When nodes that were meant to serve did not. */
  get outages(): readonly Outage[] {
    return this.health.outages;
  }

  /** The operator has deployed another plan. */
  replan(plan: Plan): void {
    this.plan.replan(plan);
  }

  /** Called before anything changes in the state of a node or the database. */
  changing(): void {
    this.plan.changing();
    this.health.changing();
  }

  /** A right was missing. */
  permission(refusal: string): void {
    this.missing(PermissionMissing, refusal);
  }

  /** A way through the network was missing. */
  outOfReach(gap: string): void {
    this.missing(OutOfReach, gap);
  }

  /** A command on a real host ended otherwise than it should. */
  hostFailed(what: string): void {
    this.missing(HostFailed, what);
  }

  /** Called at the instant of each disruptive call on the site, before it takes effect. */
  disruptive(what: Disruption, by: Invocation): void {
    this.calls.disruptive(what, by);
  }

  /** Called when a call of the site's functions arrives, before anything may refuse it. */
  tried(call: Call): void {
    this.calls.tried(call);
  }

  /** Called when a call has taken effect and was not refused. */
  answered(call: Call): void {
    this.calls.answered(call);
  }

  /** Called when an item of the operations table has been written. */
  wrote(key: string, value: unknown): void {
    this.alerts.wrote(key, value);
    this.health.wrote(key, value);
  }

  executionStarted(execution: Execution): void {
    this.runs.started(execution);
  }

  executionEnded(execution: Execution): void {
    this.runs.ended(execution);
    this.calls.ended(execution);
    this.certificates.ended(execution);
  }

  /** Called after each change of the pair of a host, and of what its nginx serves. */
  certificatesChanged(node: string, tls: Served): void {
    this.certificates.changed(node, tls);
  }

  /** Called when a script that may have changed a host has ended, well or not. */
  scriptEnded(script: string, node: string, host: Host, ok: boolean): void {
    this.certificates.atRest(node, host);
    if (script === 'certificate-rollback' && ok) this.certificates.wentBack(node, host);
  }

  /** Called when a function has looked at a node as a client does. */
  looked(node: string, sight: Sight, by: Invocation): void {
    this.certificates.looked(node, sight, by.execution);
  }

  private missing(Kind: new (message: string) => Finding, what: string): void {
    if (this.findings.some(({ message }) => message.endsWith(what))) return;
    this.findings.push(new Kind(`at ${this.site.world.clock.iso()}: ${what}`));
  }

  private broken(invariant: Invariant, what: string): void {
    const known = this.findings.some(
      (finding) => finding instanceof InvariantBroken && finding.invariant === invariant,
    );
    if (known) return;
    const { mark, world } = this.site;
    const said = mark ? `site ${mark}: ${what}` : what;
    this.findings.push(new InvariantBroken(invariant, world.clock.iso(), said));
  }
}
