import type { Severity } from '../shared/alerts.ts';
import { NODES } from '../shared/operations-table.ts';
import type { Judgement, Trouble } from './judgement.ts';

const ORDER: readonly Severity[] = ['info', 'warning', 'high', 'critical'];

/** Whether the one is graver than what the operator has been told so far, if anything. */
export const isGraver = (one: Severity, told: Severity | undefined): boolean =>
  ORDER.indexOf(one) > (told ? ORDER.indexOf(told) : -1);

export const gravest = (all: readonly Severity[]): Severity =>
  all.reduce((one, other) => (isGraver(other, one) ? other : one), 'info');

/** How grave a trouble is: by who still serves, where it takes anything from clients. */
export function severityOf({ class: kind }: Trouble, { nodes }: Judgement): Severity {
  if (kind === 'degraded') return 'warning';
  if (kind === 'blind' || kind === 'unknown') return 'high';
  // A node that nobody sees right now may well serve.
  const may = NODES.some((node) => ['serves', 'unseen'].includes(nodes[node].standing));
  return may ? 'high' : 'critical';
}
