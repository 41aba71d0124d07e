import {
  type Intent,
  type Lease,
  type NodeName,
  peerOf,
  type ResourceName,
} from '../../functions/shared/operations-table.ts';
import type { Invocation } from '../api.ts';
import type { Call } from '../faults/faults.ts';
import type { Execution } from '../services/step-functions/step-functions.ts';
import type { Site } from '../site.ts';
import type { CertificateRules } from './certificates.ts';
import type { Report } from './invariants.ts';
import type { PlanRules } from './plan.ts';

/** A call that starts, stops or changes a node or the database. */
export interface Disruption {
  /** As the trace words it: `ec2:StopInstances`, `drain`. */
  readonly call: string;
  /** What it is good for: bringing the resource up, or taking it down. */
  readonly towards: 'running' | 'stopped';
  readonly resource: string;
}

/** What other rules know of a node. */
interface Rules {
  readonly plan: PlanRules;
  readonly certificates: CertificateRules;
}

/** The same call on the same resource more often than this within an hour is no patience. */
const CALLS_PER_HOUR = 20;
const HOUR_MS = 3_600_000;
/** The age of evidence that the design allows, and not the code that is judged. */
const EVIDENCE_MS = 60_000;
/** How long a function may outlive its run: the longest time-out of a Lambda in the design. */
const IN_FLIGHT_MS = 120_000;
/** What a call may take on the way, beside the age that its evidence may have. */
const ON_THE_WAY_MS = 5_000;

/** Calls that are counted when they are tried; what a host is told counts when it is told. */
const TRIES = new Set([
  'ec2:StartInstances',
  'ec2:StopInstances',
  'rds:StartDBInstance',
  'rds:StopDBInstance',
]);

/** The reads that show what a node or the database is like. */
const EVIDENCE: Readonly<Record<string, 'nodes' | 'database'>> = {
  'ec2:DescribeInstances': 'nodes',
  'rds:DescribeDBInstances': 'database',
};

/** What is owed at each disruptive call: invariants 1, 2, 3, 7, 8, 12 and 13. */
export class CallRules {
  private readonly site: Site;
  private readonly plan: PlanRules;
  private readonly certificates: CertificateRules;
  private readonly report: Report;
  /** Executions that have made disruptive calls and have not ended. */
  private readonly actors = new Set<string>();
  /** When an execution last saw what it acts on. */
  private readonly seen = new Map<string, number>();
  private readonly made = new Map<string, number[]>();

  constructor(site: Site, rules: Rules, report: Report) {
    this.site = site;
    this.plan = rules.plan;
    this.certificates = rules.certificates;
    this.report = report;
  }

  /** Tries count, also those that are refused. */
  tried({ service, operation, by, targets }: Call): void {
    const api = `${service}:${operation}`;
    if (!TRIES.has(api)) return;
    this.judgeBounds(`${api} ${targets()}`, `${by.functionName} for ${by.execution} tries ${api}`);
  }

  answered({ service, operation, by }: Call): void {
    const what = EVIDENCE[`${service}:${operation}`];
    if (what) this.seen.set(`${by.execution} ${what}`, this.site.world.clock.now);
  }

  ended({ arn }: Execution): void {
    this.actors.delete(arn);
    const forget = () => {
      for (const what of Object.values(EVIDENCE)) this.seen.delete(`${arn} ${what}`);
    };
    // An aborted run leaves a function in flight, and that one has seen what its run saw.
    this.site.world.clock.after(IN_FLIGHT_MS, forget, { housekeeping: true });
  }

  disruptive({ call, towards, resource }: Disruption, by: Invocation): void {
    const name = resource as ResourceName;
    const caller =
      by.site === this.site ? by.functionName : `${by.functionName} of ${by.site.name}`;
    const who = `${caller} for ${by.execution ?? 'no execution'}`;
    const does = `${who} makes ${call} on ${name === 'database' ? name : `node ${name}`}`;
    const renews = call.startsWith('certificate-');
    if (!this.isUndrain(name, towards)) this.judgeIntent(name, towards, does);
    if (renews && name !== 'database') this.certificates.judgeRecord(name, does, by.execution);
    else this.judgeRecord(name, does, by);
    this.judgeMutex(does, by);
    this.judgeEvidence(name, does, by);
    if (!TRIES.has(call)) this.judgeBounds(`${call} ${name}`, does);
    if (renews && name !== 'database') {
      // A request changes nothing that is served.
      if (call !== 'certificate-request') this.certificates.judgeServing(name, does);
      this.certificates.sent(call, name, by.execution);
    } else if (name !== 'database') {
      // The plan for the database follows that for the nodes, so Intent covers its stop.
      if (towards === 'stopped') this.judgeServing(name, does);
      else this.judgeShared(name, does);
    }
    this.actors.add(by.execution ?? '');
  }

  private judgeServing(name: NodeName, does: string): void {
    const peer = peerOf(name);
    const [target, other] = [this.site.node(name)?.host, this.site.node(peer)?.host];
    if (target?.serves && !other?.serves && !this.plan.wanted(peer, 'stopped')) {
      this.report(1, `${does}, the last one that serves`);
    }
  }

  private judgeIntent(name: ResourceName, towards: 'running' | 'stopped', does: string): void {
    const intent = this.truth<Intent>(`INTENT#${name}`);
    const planned = this.plan.wanted(name, towards);
    if (intent?.wish === towards && planned) return;
    const meant = planned ? (intent?.wish ?? 'left alone') : 'otherwise by the plan';
    this.report(2, `${does}, which is meant to be ${meant}`);
  }

  /** Taking back a drain is no start, where the peer that was to stay may not be proven. */
  private isUndrain(name: ResourceName, towards: 'running' | 'stopped'): boolean {
    if (name === 'database' || towards === 'stopped') return false;
    const drained = this.site.node(name)?.host.drained ?? false;
    return drained && !this.plan.wanted(peerOf(name), 'stopped');
  }

  private judgeRecord(name: ResourceName, does: string, by: Invocation): void {
    const [intent, lease] = [this.truth<Intent>(`INTENT#${name}`), this.truth<Lease>('LEASE')];
    if (intent?.run === by.execution && lease?.owner === by.execution) return;
    this.report(13, `${does}; the intent is of ${intent?.run}, the lease of ${lease?.owner}`);
  }

  private judgeMutex(does: string, by: Invocation): void {
    const other = this.site.world.stepFunctions.executions.find(
      ({ arn, status }) => arn !== by.execution && status === 'RUNNING' && this.actors.has(arn),
    );
    if (other) this.report(3, `${does} while ${other.arn} is at work`);
  }

  /** A host that is sound is not what keeps its node from serving. */
  private judgeShared(name: NodeName, does: string): void {
    const instance = this.site.node(name);
    const { available } = this.site.database;
    if (instance?.state === 'running' && instance.host.sound && !available) {
      this.report(7, `${does}, whose host is sound: the true cause is the database`);
    }
  }

  private judgeBounds(call: string, does: string): void {
    const { now } = this.site.world.clock;
    const times = [...(this.made.get(call) ?? []), now].filter((at) => at > now - HOUR_MS);
    this.made.set(call, times);
    if (times.length <= CALLS_PER_HOUR) return;
    this.report(8, `${does}, ${times.length} times within an hour`);
  }

  private judgeEvidence(name: ResourceName, does: string, by: Invocation): void {
    const what = name === 'database' ? 'database' : 'nodes';
    const seen = this.seen.get(`${by.execution} ${what}`);
    const age = this.site.world.clock.now - (seen ?? Number.NEGATIVE_INFINITY);
    if (age <= EVIDENCE_MS + ON_THE_WAY_MS) return;
    const last = seen === undefined ? 'never' : `${Math.round(age / 1000)} s ago`;
    this.report(12, `${does} and last saw the ${what} ${last}`);
  }

  private truth<T>(key: string): T | undefined {
    return this.site.truth().get(key) as T | undefined;
  }
}
