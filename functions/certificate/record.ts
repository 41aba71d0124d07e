import { CLOCKS, plusSeconds, secondsBetween } from '../shared/clocks.ts';
import type { CertificateRecord, NodeName, PowerState } from '../shared/operations-table.ts';
import type { WorkflowFailure } from '../shared/workflow-failure.ts';
import type { Failing } from './message.ts';
import type { Run, Stage } from './run.ts';

/** The end of a run, for one node. */
export interface Ending {
  readonly run: Run;
  readonly node: NodeName;
  /** What broke the workflow itself; undefined where it came to an end of its own. */
  readonly failure: WorkflowFailure | undefined;
  readonly before: CertificateRecord | undefined;
  /** What is wished of the node. */
  readonly wish: PowerState | undefined;
  readonly now: Date;
}

/** In seconds: 5 min, 15 min, 1 h, 6 h, then daily; a renewal is tried for thirty days. */
const PAUSES = [300, 900, 3_600, 21_600];
const DAILY = 86_400;

/** A failure that time may mend is told after this many seconds of it. */
const PATIENCE = 86_400;

/**
 * What is known of a node's certificate after a run, and whether its operator is to be told that a
 * renewal fails; nothing where the run had nothing to do with the node.
 *
 * Each series of failures is told once: at once where waiting does not help, and otherwise when it has
 * lasted a day or fewer than 14 days are left.
 */
export function afterwards(ending: Ending): {
  readonly record?: CertificateRecord;
  readonly failing?: Failing;
} {
  const { run, node, before, now } = ending;
  const { inspections, seen, renewed, plan } = run.progress;
  const failed = failureOf(ending);
  // A node that does not run was looked for, and power looks at it when it starts it.
  const looked = (inspections[node] ?? seen[node] ?? plan?.[node]) !== undefined;
  if (!looked && !failed && before?.run !== run.execution) return {};
  const { run: _run, wanted, failing, ...rest } = before ?? { published: {} };
  const done = renewed[node];
  const settled = done !== undefined || plan?.[node]?.due === false;
  const served = done ?? inspections[node]?.pair;
  const record: CertificateRecord = {
    ...rest,
    published: published(ending),
    ...(looked && { checkedAt: now.toISOString() }),
    ...(served && {
      served: { fingerprint: served.fingerprint, notAfter: served.notAfter, names: served.names },
    }),
    ...(done && { renewedAt: done.at }),
    ...(done &&
      run.signer !== undefined && {
        issued: { fingerprint: done.fingerprint, authority: run.signer },
      }),
    ...(!settled && wanted && { wanted }),
    ...(!settled && failing && { failing }),
  };
  return failed ? failedAgain(ending, record, failed) : { record };
}

interface Failure {
  readonly stage: Stage | undefined;
  readonly reason: string;
  readonly passing: boolean;
  readonly restored: boolean | null;
}

/**
 * What went wrong with this node: in the run, or with the workflow while it was at this node. What
 * breaks it before it knows what is due keeps it from every node that it was asked for.
 */
function failureOf({ run, node, failure, wish }: Ending): Failure | undefined {
  const { failure: own, plan, renewed, node: current, stage } = run.progress;
  if (own?.node) return own.node === node ? own : undefined;
  const broken = own ?? failure;
  if (!broken) return undefined;
  const asked = run.wanted.nodes;
  if (!plan) {
    const kept = asked.includes(node) && wish === 'running';
    return kept ? { ...broken, stage: own?.stage ?? stage, restored: null } : undefined;
  }
  const [first] = asked.filter((one) => plan[one]?.due && !renewed[one]);
  if (node !== (current ?? first)) return undefined;
  const changed = stage === 'install' || stage === 'verify' || stage === 'soak';
  return { ...broken, stage: own?.stage ?? stage, restored: changed ? false : null };
}

function failedAgain(
  { run, node, before, now }: Ending,
  record: CertificateRecord,
  { stage, reason, passing, restored }: Failure,
): { readonly record: CertificateRecord; readonly failing?: Failing } {
  const { since = now.toISOString(), attempts = 0, toldAt } = before?.failing ?? {};
  const notBefore = plusSeconds(now, PAUSES[attempts] ?? DAILY);
  const expiry = run.progress.seen[node]?.web.notAfter || record.served?.notAfter;
  const left = !expiry ? undefined : -secondsBetween(expiry, now);
  const lasts = secondsBetween(since, now) >= PATIENCE;
  const tell = !toldAt && (!passing || lasts || (left ?? 0) < CLOCKS.certificateOverdue);
  const told = tell ? now.toISOString() : toldAt;
  const failing = {
    since,
    attempts: attempts + 1,
    notBefore,
    reason,
    ...(told && { toldAt: told }),
  };
  const daysLeft = left === undefined ? undefined : Math.max(0, Math.floor(left / 86_400));
  return {
    record: { ...record, failing },
    ...(tell && { failing: { node, stage, reason, since, notBefore, daysLeft, restored } }),
  };
}

/**
 * Since when the host publishes each authority. One that was signed anew, with the same key, is the
 * same to clients; one that the site no longer has counts no longer.
 */
function published({ run, node, before, now }: Ending): Record<string, string> {
  const there = run.progress.inspections[node]?.authorities ?? [];
  const renewed = run.progress.renewed[node] !== undefined;
  return Object.fromEntries(
    run.authorities.flatMap(({ number, fingerprint }) => {
      const since = before?.published[number];
      if (since !== undefined) return [[String(number), since]];
      return renewed || there.includes(fingerprint) ? [[String(number), now.toISOString()]] : [];
    }),
  );
}
