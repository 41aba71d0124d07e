import { CLOCKS } from '../../functions/shared/clocks.ts';
import {
  type CertificateRecord,
  NODES,
  type NodeName,
  type SiteState,
} from '../../functions/shared/operations-table.ts';
import type { Authority } from './authorities.ts';

const DAY_MS = 86_400_000;

/** A certificate with less than this left should have been renewed two weeks ago. */
const OVERDUE_DAYS = CLOCKS.certificateOverdue / 86_400;
/** As long as devices get to take up another authority. */
const AUTHORITY_DAYS = CLOCKS.authorityOverlap / 86_400;
/** With less than this left somebody is called. */
const EXPIRING_DAYS = 7;
/** Two daily checks and some. */
const UNCHECKED_HOURS = 48;

/** Something that a person is to look at. */
export interface Wrong {
  /** Of what: `node a`, `authority 1`. */
  readonly whose: string;
  /** `12 days are left`. */
  readonly says: string;
  /** The section of the runbook; absent where waiting mends it. */
  readonly section?: string;
}

export interface NodeStanding extends Partial<CertificateRecord> {
  readonly node: NodeName;
  /** Stopped as planned: it is neither checked nor renewed. */
  readonly stopped: boolean;
  /** Whole days until what it served runs out; below zero it has. */
  readonly daysLeft?: number;
}

export interface AuthorityStanding extends Authority {
  readonly daysLeft: number;
  /** Since when each node publishes it, ISO 8601. */
  readonly publishedBy: Partial<Record<NodeName, string>>;
}

/** How the certificates of a site stand. */
export interface Standing {
  readonly site: string;
  readonly at: Date;
  readonly nodes: readonly NodeStanding[];
  /** The first one signs. */
  readonly authorities: readonly AuthorityStanding[];
  /** The worst first. */
  readonly wrong: readonly Wrong[];
}

/** What the record of the operations and the published authorities come to now. */
export function standingOf(
  site: string,
  { intents, certificates }: Pick<SiteState, 'intents' | 'certificates'>,
  authorities: readonly Authority[],
  now: Date,
): Standing {
  const nodes = NODES.map((node): NodeStanding => {
    const record = certificates[node]?.value;
    const notAfter = record?.served?.notAfter;
    const stopped = intents[node]?.value.wish === 'stopped';
    const daysLeft = notAfter === undefined ? undefined : daysUntil(notAfter, now);
    return { ...record, node, stopped, ...(daysLeft !== undefined && { daysLeft }) };
  });
  const vouching = authorities.map((authority) => ({
    ...authority,
    daysLeft: daysUntil(authority.notAfter, now),
    publishedBy: publishedBy(nodes, authority.number),
  }));
  const wrong = [
    ...nodes.flatMap((node) => aboutLife(node)),
    ...vouching.filter(({ daysLeft }) => daysLeft < 0).map(aboutAuthority),
    ...nodes.flatMap((node) => aboutRenewal(node)),
    ...nodes.flatMap((node) =>
      aboutCheck(node, intents[node.node]?.value.plannedFor ?? '1970-01-01', now),
    ),
    ...vouching.filter(isShort).map(aboutAuthority),
  ];
  return { site, at: now, nodes, authorities: vouching, wrong };
}

const daysUntil = (instant: Date | string, now: Date): number =>
  Math.floor((new Date(instant).getTime() - now.getTime()) / DAY_MS);

function publishedBy(
  nodes: readonly NodeStanding[],
  number: number | undefined,
): AuthorityStanding['publishedBy'] {
  const since = nodes.flatMap(({ node, published }) => {
    const at = published?.[String(number)];
    return at === undefined ? [] : [[node, at]];
  });
  return Object.fromEntries(since);
}

function aboutLife({ node, daysLeft }: NodeStanding): Wrong[] {
  if (daysLeft === undefined || daysLeft >= OVERDUE_DAYS) return [];
  const section = daysLeft < EXPIRING_DAYS ? 'certificate-expiring' : 'certificate-overdue';
  return [{ whose: `node ${node}`, says: leftOver(daysLeft), section }];
}

function aboutRenewal({ node, failing }: NodeStanding): Wrong[] {
  if (!failing) return [];
  const says = `a renewal that is due does not come about: ${failing.reason}`;
  return [{ whose: `node ${node}`, says, section: 'certificate-not-renewed' }];
}

/** A node that was stopped for days has been to be checked only since its last opening. */
function aboutCheck(
  { node, stopped, checkedAt }: NodeStanding,
  plannedFor: string,
  now: Date,
): Wrong[] {
  const whose = `node ${node}`;
  if (checkedAt === undefined) {
    const says = 'no run has looked at it yet. The first one comes by itself, once the node runs';
    return [{ whose, says }];
  }
  if (stopped) return [];
  const since = Math.max(Date.parse(checkedAt), Date.parse(plannedFor));
  const hours = Math.floor((now.getTime() - since) / 3_600_000);
  if (hours < UNCHECKED_HOURS) return [];
  return [{ whose, says: `not checked for ${hours} hours`, section: 'certificate-unchecked' }];
}

const isShort = ({ daysLeft }: AuthorityStanding): boolean =>
  daysLeft >= 0 && daysLeft < AUTHORITY_DAYS;

const aboutAuthority = ({ number, subject, daysLeft }: AuthorityStanding): Wrong => ({
  whose: `authority ${number ?? subject}`,
  says: leftOver(daysLeft),
  section: 'authority-expiring',
});

/** `12 days left`. */
export function leftOver(days: number): string {
  if (days < 0) return 'it has run out';
  return days === 1 ? '1 day left' : `${days} days left`;
}
