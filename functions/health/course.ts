import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { type Incident, type Moment, SUBJECTS, type Subject } from '../shared/incident.ts';
import { NODES, type Stored } from '../shared/operations-table.ts';
import type { Judgement, Trouble } from './judgement.ts';
import { isGraver, severityOf } from './severity.ts';

export type Telling = 'OPENED' | 'ESCALATED' | 'REMINDER' | 'RECOVERED';

/** What one look changes about one subject's incident. */
export interface Change {
  readonly subject: Subject;
  readonly before?: Stored<Incident>;
  /** What is to be stored from now on; absent where nothing is. */
  readonly after?: Incident;
  /** The operator is to be told. */
  readonly tells?: Telling;
  /** It is over because its node is to be stopped by plan: nobody has seen it serve again. */
  readonly planned?: true;
}

type Incidents = Readonly<Partial<Record<Subject, Stored<Incident>>>>;

/**
 * How incidents go on after a look; empty where nothing is to be written. A look that has to be sure
 * takes its time: it `began`, and saw the first sign of what it is sure of, before `now`.
 */
export function course(
  incidents: Incidents,
  judgement: Judgement,
  now: Date,
  began: Date = now,
): Change[] {
  const changes = SUBJECTS.flatMap((subject): Change[] => {
    const before = incidents[subject];
    const trouble = judgement.troubles[subject];
    const context = { judgement, now, began };
    const change =
      trouble && !isAfterthought(trouble, before?.value)
        ? worsened(subject, before, trouble, context)
        : before && !judgement.withheld.includes(subject)
          ? bettered(before, context)
          : undefined;
    return change ? [{ subject, ...(before && { before }), ...change }] : [];
  });
  // What has made it worse is told by its own message, which says how grave it is.
  const opened = changes.filter(({ tells }) => tells === 'OPENED');
  return changes.map((change) =>
    change.tells === 'ESCALATED' && opened.some((one) => coversFor(one, change))
      ? silent(change)
      : change,
  );
}

/**
 * A node that was down serves again, and something is to be mended about it. That it serves is what the
 * operator wants to hear first; the rest is an incident of its own, and waits until this one is over.
 */
const isAfterthought = (trouble: Trouble, incident: Incident | undefined): boolean =>
  trouble.class === 'degraded' &&
  incident?.openedAt !== undefined &&
  !incident.closedAt &&
  incident.class !== 'degraded';

/** What takes service from clients, and is told as no less grave. */
const coversFor = ({ after: opened }: Change, { after: worse }: Change): boolean =>
  (opened?.class === 'node' || opened?.class === 'shared') &&
  !isGraver(worse?.severity ?? 'info', opened.severity);

const silent = ({ tells: _, ...change }: Change): Change => change;

interface Context {
  readonly judgement: Judgement;
  readonly now: Date;
  readonly began: Date;
}
type Step = Omit<Change, 'subject' | 'before'>;

/** How long trouble of a class lasts before it is told. */
const PATIENCE = {
  node: 0,
  shared: 0,
  blind: CLOCKS.blindAfter,
  unknown: CLOCKS.unknownAfter,
  degraded: CLOCKS.degradedAfter,
} as const;

function worsened(
  subject: Subject,
  before: Stored<Incident> | undefined,
  trouble: Trouble,
  context: Context,
): Step | undefined {
  const { now, began } = context;
  const last = before?.value;
  const goesOn = last && !last.closedAt && !isOutgrown(last, trouble);
  const current = goesOn ? last : begun(subject, last, trouble, began);
  const changed = current.cause !== trouble.cause || current.class !== trouble.class;
  const next: Incident = {
    ...current,
    class: trouble.class,
    cause: trouble.cause,
    reason: brief(trouble.reason),
    ...((changed || !current.openedAt) && { findings: trouble.findings }),
    goodSince: undefined,
    ...(changed && { timeline: withMoment(current, now, trouble.reason) }),
  };
  if (!current.openedAt) return toOpen(next, trouble, context, current !== last);
  const severity = severityOf(trouble, context.judgement);
  if (isGraver(severity, current.severity)) {
    const timeline = withMoment(next, now, `Told as ${severity}: ${trouble.reason}`);
    const toldAt = now.toISOString();
    return { after: { ...next, severity, toldAt, timeline }, tells: 'ESCALATED' };
  }
  if (isDue(current, now)) {
    const reminders = current.reminders + 1;
    return { after: { ...next, reminders, toldAt: now.toISOString() }, tells: 'REMINDER' };
  }
  return changed || current.goodSince ? { after: next } : undefined;
}

/** What could wait was only suspected, and now clients suffer: their trouble begins here. */
const isOutgrown = ({ openedAt, class: suspected }: Incident, trouble: Trouble): boolean =>
  !openedAt && PATIENCE[suspected] > 0 && PATIENCE[trouble.class] === 0;

/** What is not told yet is told when it has lasted for as long as its class asks. */
function toOpen(
  incident: Incident,
  trouble: Trouble,
  { judgement, now }: Context,
  isNew: boolean,
): Step | undefined {
  const lasted = secondsBetween(incident.firstBadAt, now);
  if (lasted < PATIENCE[trouble.class]) return isNew ? { after: incident } : undefined;
  const severity = severityOf(trouble, judgement);
  const openedAt = now.toISOString();
  const timeline = withMoment(incident, now, `Confirmed and told: ${trouble.reason}`);
  return {
    after: { ...incident, openedAt, severity, toldAt: openedAt, timeline },
    tells: 'OPENED',
  };
}

function bettered(before: Stored<Incident>, { judgement, now }: Context): Step | undefined {
  const incident = before.value;
  const { openedAt, closedAt, goodSince, relapses } = incident;
  if (closedAt) return secondsBetween(closedAt, now) < CLOCKS.relapse ? undefined : {};
  // A suspicion that nobody was told of goes as it came. What it stood on is remembered as before.
  if (!openedAt) return relapses > 0 ? { after: { ...incident, closedAt: now.toISOString() } } : {};
  if (isPlanned(incident.subject, judgement)) {
    return {
      ...closed(incident, now, now, 'Its node is to be stopped, or changed, by plan.'),
      planned: true,
    };
  }
  if (!goodSince) {
    const timeline = withMoment(incident, now, 'The first good look.');
    return { after: { ...incident, goodSince: now.toISOString(), timeline } };
  }
  const enough = relapses > 0 ? CLOCKS.recoveredAgain : CLOCKS.recovered;
  if (secondsBetween(goodSince, now) < enough) return undefined;
  return closed(incident, new Date(goodSince), now, 'All has been well since; over, and told.');
}

/** Nobody is meant to be served by it any more. */
const isPlanned = (subject: Subject, { nodes }: Judgement): boolean =>
  NODES.filter((node) => subject === node || (subject !== 'a' && subject !== 'b')).every(
    (node) => nodes[node].standing === 'planned',
  );

const closed = (incident: Incident, good: Date, now: Date, what: string): Step => ({
  after: {
    ...incident,
    goodSince: good.toISOString(),
    closedAt: now.toISOString(),
    toldAt: now.toISOString(),
    timeline: withMoment(incident, now, what),
  },
  tells: 'RECOVERED',
});

/** A new incident; `last` is what was known of the subject: one that is over, or a suspicion. */
function begun(
  subject: Subject,
  last: Incident | undefined,
  trouble: Trouble,
  began: Date,
): Incident {
  const firstBadAt = began.toISOString();
  return {
    id: `${firstBadAt.slice(0, 19).replace(/[-:]/g, '')}Z-${subject}`,
    subject,
    class: trouble.class,
    cause: trouble.cause,
    reason: brief(trouble.reason),
    firstBadAt,
    reminders: 0,
    relapses: relapsesAfter(last),
    findings: trouble.findings,
    timeline: [{ at: firstBadAt, what: brief(`The first bad look: ${trouble.reason}`) }],
  };
}

/** A suspicion was no trouble that could come back: it passes on what it knew. */
const relapsesAfter = (last: Incident | undefined): number =>
  last ? last.relapses + (last.openedAt ? 1 : 0) : 0;

/** Seconds from the opening to each reminder; then one a day. */
const REMINDERS = [3600, 6 * 3600, 24 * 3600] as const;

function isDue({ openedAt = '', reminders, toldAt = '' }: Incident, now: Date): boolean {
  const days = reminders - REMINDERS.length + 1;
  const due = REMINDERS[reminders] ?? (REMINDERS.at(-1) ?? 0) + days * 86_400;
  // Not right after something graver was told.
  return secondsBetween(openedAt, now) >= due && secondsBetween(toldAt, now) >= 3600;
}

/** One line, no longer than a reader takes in: hosts and AWS choose the words of some. */
const brief = (what: string): string => {
  const line = what.replace(/\s+/g, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 297)}...`;
};

/** Its beginning and its latest moments: what a table's item and a reader can take. */
const LONGEST = 50;

const withMoment = ({ timeline }: Incident, now: Date, what: string): Moment[] => {
  const all = [...timeline, { at: now.toISOString(), what: brief(what) }];
  return all.length <= LONGEST ? all : [...all.slice(0, 10), ...all.slice(10 - LONGEST)];
};
