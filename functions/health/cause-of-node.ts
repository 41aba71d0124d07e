import { complaint } from '../shared/sight.ts';
import type { PortSight, Sight } from '../shared/view.ts';
import type { Cause, Finding } from './judgement.ts';
import type { HostWord, NodeObservation } from './observation.ts';

/** The cause that each verdict of a host's probe stands for (`compose/host/probe.sh`). */
const OF_VERDICT: Readonly<Record<string, Cause>> = {
  drained: 'drained',
  'certificate-mismatch': 'certificate',
  'certificate-untrusted': 'certificate',
  'docker-down': 'docker',
  'nginx-down': 'nginx',
  'orthanc-down': 'orthanc-down',
  'orthanc-hung': 'orthanc-hung',
  'database-refused': 'way-to-database',
  'database-silent': 'way-to-database',
  'database-failing': 'way-to-database',
  'storage-failing': 'way-to-storage',
};

/** What a host says of itself is its own word alone where no client can see it from outside. */
export const isOutOfSight = ({ verdict }: HostWord): boolean =>
  causeOfVerdict(verdict) === 'way-to-storage';

/** Undefined for a host that serves. */
export const causeOfVerdict = (verdict: string): Cause | undefined => OF_VERDICT[verdict];

/** Beyond this, signatures of S3 are refused after 15 minutes and TLS soon: 5 minutes are told first. */
const CLOCK_SECONDS = 300;

const ENDED = new Set(['shutting-down', 'terminated', 'missing']);

/** Why a node that does not serve fails, where the cause is its own: the most telling evidence first. */
export function causeOfNode(node: string, seen: NodeObservation): { cause: Cause; reason: string } {
  const { instance, checks, sight, host } = seen;
  const of = (cause: Cause, reason: string) => ({ cause, reason });
  const state = instance?.state;
  if (state && ENDED.has(state)) {
    return of('missing', `The machine of node ${node} is ${state}, and nobody planned that.`);
  }
  if (state && state !== 'running') {
    const fell = instance?.fell ? ` (${instance.fell})` : '';
    return of('stopped', `Node ${node} is ${state}, and nobody planned that${fell}.`);
  }
  if (checks?.system === 'impaired') {
    return of('system', `AWS reports that the hardware below node ${node} fails.`);
  }
  if (checks?.volume === 'impaired') {
    return of('volume', `AWS reports that node ${node} does not reach its disk.`);
  }
  const said = host && ofHost(node, host);
  if (said) return said;
  if (checks?.instance === 'impaired') {
    return of('unreachable', `The operating system of node ${node} does not answer.`);
  }
  return sight ? ofSight(node, sight) : of('unreachable', `Nothing on node ${node} answers.`);
}

function ofHost(node: string, host: HostWord): { cause: Cause; reason: string } | undefined {
  const cause = causeOfVerdict(host.verdict);
  if (!cause || host.serves) return undefined;
  const drift = Math.abs(host.clock?.offsetSeconds ?? 0);
  if (cause === 'way-to-storage' && drift >= CLOCK_SECONDS) {
    const reason = `The clock of node ${node} is off by ${Math.round(drift)} seconds, and AWS takes nothing from it.`;
    return { cause: 'clock', reason };
  }
  return { cause, reason: `Node ${node} says of itself: ${host.reason}` };
}

/** What a client sees tells the same, less exactly. */
function ofSight(node: string, sight: Sight): { cause: Cause; reason: string } {
  const { web, dicom } = sight;
  const of = (cause: Cause, reason: string) => ({ cause, reason });
  if (isRefused(web) || isRefused(dicom)) return of('nginx', `nginx on node ${node} does not run.`);
  const distrusted = [web, dicom].find((port) => isShown(port) && !port.trusted);
  if (distrusted) {
    const why = distrusted.said ? `: ${distrusted.said}` : '';
    return of('certificate', `Clients do not trust the certificate of node ${node}${why}.`);
  }
  if (!web.trusted) return of('unreachable', `Nothing on node ${node} answers.`);
  if (web.status === undefined) return of('nginx', `nginx on node ${node} does not answer.`);
  if (web.status !== 200) {
    // Only where Orthanc is heard by itself it is known that the database is what it lacks.
    const orthanc = web.orthanc ?? web.status;
    if (orthanc === 502) return of('orthanc-down', `Orthanc on node ${node} does not run.`);
    if (orthanc !== 200) return of('orthanc-hung', `Orthanc on node ${node} does not answer.`);
    return of('way-to-database', `Orthanc on node ${node} answers, but not from its database.`);
  }
  return of('dicom', `${complaint(sight) ?? `Node ${node} does not answer DICOM.`}`);
}

const isRefused = ({ said = '' }: PortSight): boolean => said.includes('ECONNREFUSED');
const isShown = ({ fingerprint }: PortSight): boolean => fingerprint !== undefined;

/** All that was found about a node, for the record of an incident. */
export function findingsOn({ instance, checks, online, sight, host }: NodeObservation): Finding[] {
  const findings: Finding[] = [];
  if (instance) findings.push({ check: 'ec2-state', result: instance.state });
  if (checks) {
    findings.push({ check: 'system-check', result: checks.system });
    findings.push({ check: 'instance-check', result: checks.instance });
    if (checks.volume) findings.push({ check: 'volume-check', result: checks.volume });
  }
  if (sight) {
    const { web, dicom } = sight;
    const status = web.status === undefined ? (web.said ?? 'no answer') : `status ${web.status}`;
    const orthanc = web.orthanc === undefined ? '' : `, Orthanc alone ${web.orthanc}`;
    findings.push({ check: 'web', result: `${status}${orthanc}` });
    findings.push({
      check: 'dicom',
      result: dicom.said ?? (dicom.echo === false ? 'no echo' : 'ok'),
    });
  }
  if (host) findings.push({ check: 'host', result: `${host.verdict} ${host.reason}`.trim() });
  if (online === false) findings.push({ check: 'agent', result: 'does not answer' });
  return findings;
}
