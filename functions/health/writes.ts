import { CLOCKS, plusSeconds } from '../shared/clocks.ts';
import {
  archived,
  isResting,
  NODES,
  put,
  remove,
  type SiteState,
  type Write,
} from '../shared/operations-table.ts';
import type { Change } from './course.ts';

/** What a look's changes are in the table. */
export function writesOf(changes: readonly Change[], site: SiteState, now: Date): Write[] {
  const until = new Date(plusSeconds(now, CLOCKS.history));
  return changes.flatMap(({ subject, before, after, tells }) => {
    if (!after) return before ? [remove(before)] : [];
    const stored = put(before ?? `INCIDENT#${subject}`, after);
    return [
      stored,
      ...(after.closedAt && tells === 'RECOVERED' ? [archived(after, until)] : []),
      ...(after.cause === 'certificate' && tells === 'OPENED' ? wanted(after.reason) : []),
    ];

    /** A renewal mends it: the site tick starts one for a node that waits. */
    function wanted(reason: string): Write[] {
      const node = NODES.find((one) => one === subject);
      const record = node && site.certificates[node];
      if (!node || record?.value.wanted || record?.value.run || isResting(record?.value, now)) {
        return [];
      }
      const value = record?.value ?? { published: {} };
      return [
        put(record ?? `CERTIFICATE#${node}`, {
          ...value,
          wanted: { since: now.toISOString(), reason },
        }),
      ];
    }
  });
}
