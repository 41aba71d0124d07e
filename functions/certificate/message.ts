import { localTime } from '../power/schedule.ts';
import { addressLines, adviceOn, type Proofs, servingNodes } from '../shared/advice.ts';
import type { Alert } from '../shared/alerts.ts';
import { NODES, type NodeName } from '../shared/operations-table.ts';
import { serves } from '../shared/sight.ts';
import type { Run, Stage } from './run.ts';

/** What every message about certificates is written from. */
export interface Circumstances {
  readonly now: Date;
  readonly timeZone: string;
  /** The run, as far as it came; absent where it failed before it had begun. */
  readonly run: Run | undefined;
}

/** Nodes got new certificates. */
export function renewedAlert(c: Circumstances & { readonly run: Run }): Alert {
  const { renewed, plan } = c.run.progress;
  const nodes = NODES.filter((node) => renewed[node]);
  return {
    kind: 'RENEWED',
    severity: 'info',
    event: `RENEWED: certificate of node ${nodes.join(', ')}`,
    advice: adviceOn(proofsOf(c), serving(c)),
    key: `${c.run.beganAt}#renewed#${c.run.fence}`,
    body: [
      ...addresses(c),
      ...nodes.map(
        (node) =>
          `Until    node ${node}: ${localTime(new Date(renewed[node]?.notAfter ?? ''), c.timeZone)}`,
      ),
      ...nodes.map((node) => `Why      node ${node}: ${plan?.[node]?.reason}`),
      'You      nothing to do: devices that trust the authority need no change',
    ],
  };
}

/** A node whose renewal fails. */
export interface Failing {
  readonly node: NodeName;
  /** How far the renewal has come; absent where it broke before it had begun. */
  readonly stage: Stage | undefined;
  /** What fails, and since when (ISO 8601). */
  readonly reason: string;
  readonly since: string;
  readonly notBefore: string;
  /** Days that are left of what it serves; absent where nobody could tell. */
  readonly daysLeft: number | undefined;
  /** What it serves is what it served before; absent where that is not sure. */
  readonly restored: boolean | null;
}

/** A certificate that is due is not renewed. */
export function failingAlert(c: Circumstances, failing: Failing): Alert {
  const { node, daysLeft } = failing;
  const left =
    daysLeft === undefined ? 'nobody knows how many days are left' : `${daysLeft} days are left`;
  const lost = daysLeft === undefined || daysLeft < 1 || failing.restored === false;
  return {
    kind: 'CERTIFICATE',
    severity: lost || daysLeft < 7 ? 'critical' : daysLeft < 14 ? 'high' : 'warning',
    event: `NOT RENEWED: certificate of node ${node}`,
    advice: adviceOn(proofsOf(c), serving(c)),
    key: `${failing.since}#certificate-${node}`,
    body: [
      ...addresses(c),
      `Cause    ${failing.stage ? `${failing.stage}: ` : ''}${failing.reason}`,
      `Now      ${left}; ${STATE[String(failing.restored)]}`,
      `Next     Orthweb tries again at ${localTime(new Date(failing.notBefore), c.timeZone)}`,
      'You      docs/runbook.md#certificate-not-renewed',
    ],
  };
}

const STATE: Readonly<Record<string, string>> = {
  true: 'the former certificate was put back and is served',
  null: 'the node serves what it served before',
  false: 'what the node serves now is not sure',
};

/** Only what a client has seen for itself a moment ago is ever recommended. */
function proofsOf({ run }: Circumstances): Proofs {
  const proofs: Partial<Record<NodeName, { at: string; address: string }>> = {};
  for (const node of NODES) {
    const sight = run?.progress.seen[node];
    const name = run?.progress.addresses[node];
    if (sight && name && serves(sight)) proofs[node] = { at: sight.at, address: name };
  }
  return proofs;
}

const serving = (c: Circumstances): NodeName[] => servingNodes(proofsOf(c), c.now);

const addresses = (c: Circumstances): string[] =>
  addressLines(proofsOf(c), serving(c), c.timeZone, 'from inside the VPC');
