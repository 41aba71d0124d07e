import type {
  CertificateRecord,
  Lease,
  NodeName,
} from '../../functions/shared/operations-table.ts';
import { peerOf } from '../../functions/shared/operations-table.ts';
import type { Sight } from '../../functions/shared/view.ts';
import type { Host } from '../host.ts';
import { belongs } from '../host-probe.ts';
import { endOf, type Generation, type Served } from '../host-tls.ts';
import type { Execution } from '../services/step-functions/step-functions.ts';
import type { Site } from '../site.ts';
import type { Report } from './invariants.ts';

/** Below this the node is renewed though its peer does not serve: soon it would serve nobody. */
const LAST_HOURS_MS = 48 * 3_600_000;

/** What a run has done to the pair of a node. */
interface Renewal {
  /** What was live before its first change. */
  readonly former: Generation | undefined;
  /** It has told the host to go back. */
  takenBack: boolean;
  /** It has seen what is live now, on both ports, as a client that trusts it. */
  proven: string | undefined;
}

/** Certificates: what holds of each host's pair, whatever a run believes of it. */
export class CertificateRules {
  private readonly site: Site;
  private readonly report: Report;
  /** By node, what its ports have served. */
  private readonly served = new Map<string, Generation>();
  private readonly renewals = new Map<string, Renewal>();

  constructor(site: Site, report: Report) {
    this.site = site;
    this.report = report;
  }

  /** After each change on a host: the pair is one, and each port serves the old or the new one. */
  changed(node: string, tls: Served): void {
    const { live, web, dicom } = tls;
    if (!live || !belongs(live)) {
      this.report(9, `node ${node} has a key beside a certificate that is not of it`);
      return;
    }
    const before = this.served.get(node);
    for (const [port, generation] of Object.entries({ 443: web, 11112: dicom })) {
      if (generation && belongs(generation)) continue;
      this.report(9, `node ${node} serves no pair on port ${port}, before it ${before?.id}`);
    }
    if (web && web === dicom) this.served.set(node, web);
  }

  /** No script changes the host any more: both ports serve what is live. */
  atRest(node: string, host: Host): void {
    const { live, web, dicom } = host.tls;
    // Who takes no clients serves nothing, and takes up what is live when it does again.
    if (host.isChanging || host.door !== 'open') return;
    if (web === live && dicom === live) return;
    this.report(
      9,
      `node ${node} is at rest with ${live?.id} live, ${web?.id} on 443 and ${dicom?.id} on 11112`,
    );
  }

  /** A host says that it has gone back: then what was live before the run is so again. */
  wentBack(node: string, { tls: { live } }: Host): void {
    for (const [key, { former, takenBack }] of this.renewals) {
      if (!takenBack || !key.endsWith(` ${node}`) || isSame(live, former)) continue;
      this.report(9, `node ${node} says that ${former?.id} is back, and has ${live?.id} live`);
    }
  }

  /** A script about certificates is sent to a host. */
  sent(script: string, node: NodeName, execution: string | undefined): void {
    const key = `${execution} ${node}`;
    const former = this.site.node(node)?.host.tls.live;
    if (script === 'certificate-install' && !this.renewals.has(key)) {
      this.renewals.set(key, { former, takenBack: false, proven: undefined });
    }
    const renewal = this.renewals.get(key);
    if (script === 'certificate-rollback' && renewal) renewal.takenBack = true;
  }

  /** A function has looked at a node as a client does. */
  looked(node: string, { web, dicom }: Sight, execution: string | undefined): void {
    const renewal = this.renewals.get(`${execution} ${node}`);
    const both = web.trusted && dicom.trusted && web.fingerprint === dicom.fingerprint;
    if (renewal && both) renewal.proven = web.fingerprint;
  }

  /** A run that fails leaves no pair behind that it has not seen to serve, or not tried to undo. */
  ended({ arn, status }: Execution): void {
    for (const [key, { former, takenBack, proven }] of this.renewals) {
      if (!key.startsWith(`${arn} `)) continue;
      this.renewals.delete(key);
      const node = key.slice(arn.length + 1);
      const live = this.site.node(node)?.host.tls.live;
      const untouched = isSame(live, former);
      const isProven = live?.certificate.fingerprint256 === proven;
      if (status !== 'FAILED' || untouched || isProven || takenBack) continue;
      this.report(9, `${arn} failed and leaves node ${node} with ${live?.id}, not ${former?.id}`);
    }
  }

  /** A node that serves is changed only while its peer serves, unless its time is running out. */
  judgeServing(node: NodeName, does: string): void {
    const [target, other] = [this.site.node(node)?.host, this.site.node(peerOf(node))?.host];
    const { web } = target?.tls ?? {};
    // An interim pair is for nobody to trust: who has it serves no client of the site.
    if (!target?.serves || other?.serves || !web || web.id === 'interim') return;
    if (endOf(web.certificate) - this.site.world.clock.now < LAST_HOURS_MS) return;
    this.report(1, `${does}, the last one that serves`);
  }

  judgeRecord(node: NodeName, does: string, execution: string | undefined): void {
    const truth = this.site.truth();
    const record = truth.get(`CERTIFICATE#${node}`) as CertificateRecord | undefined;
    const lease = truth.get('LEASE') as Lease | undefined;
    if (record?.run === execution && lease?.owner === execution) return;
    this.report(13, `${does}; the record is of ${record?.run}, the lease of ${lease?.owner}`);
  }
}

const isSame = (one: Generation | undefined, other: Generation | undefined): boolean =>
  one?.certificate.fingerprint256 === other?.certificate.fingerprint256;
