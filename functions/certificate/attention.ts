import { CLOCKS, plusSeconds } from '../shared/clocks.ts';
import { isResting, NODES, type SiteState } from '../shared/operations-table.ts';

export interface Attention {
  /** Why certificates are to be looked at now; absent where there is no reason. */
  readonly reason?: string;
  /** A start waits for it: it comes before whatever power has left to do. */
  readonly awaited: boolean;
  /** When there will be a reason if nothing changes, ISO 8601. */
  readonly until?: string;
}

/**
 * Whether the certificates of the nodes that are meant to run are to be looked at, from what is
 * recorded. One that is being started is no exception: where its peer cannot start, that takes weeks.
 */
export function attention(site: SiteState, now: Date): Attention {
  const reasons: string[] = [];
  const later: string[] = [];
  let awaited = false;
  for (const node of NODES) {
    const intent = site.intents[node]?.value;
    const record = site.certificates[node]?.value;
    if (intent?.wish !== 'running') continue;
    if (isResting(record, now)) {
      later.push(record?.failing?.notBefore ?? '');
    } else if (record?.wanted) {
      awaited = true;
      reasons.push(`node ${node} waits for a certificate: ${record.wanted.reason}`);
    } else if (record?.failing) {
      reasons.push(`node ${node} is tried again: ${record.failing.reason}`);
    } else {
      const due = record?.checkedAt
        ? plusSeconds(new Date(record.checkedAt), CLOCKS.certificateCheck)
        : now.toISOString();
      if (new Date(due) <= now) reasons.push(`nobody has looked at node ${node} for a day`);
      else later.push(due);
    }
  }
  const [until] = later.sort();
  return {
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
    awaited,
    ...(until !== undefined && { until }),
  };
}
