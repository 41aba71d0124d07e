import { type Incident, isOpen, sectionOf } from '../../functions/shared/incident.ts';
import { columns } from '../../simulator/report/layout.ts';
import { clockOf, dateOf } from '../../simulator/report/local-time.ts';
import { momentOf } from '../certificate/status-lines.ts';
import { durationsOf, lasting } from './durations.ts';
import type { Past } from './history.ts';

/** Open incidents, then those that are over, each the newest first; times by the clock of the site. */
export function listOf(
  open: readonly Incident[],
  { incidents, more }: Past,
  timeZone: string,
  now: Date,
): readonly string[] {
  if (open.length + incidents.length === 0) return ['No incident is open, and none is on record.'];
  const newest = [...open].sort((one, other) => (one.id < other.id ? 1 : -1));
  return [
    ...row(['incident', 'state', 'severity', `since`, 'lasted'], 'cause'),
    ...[...newest, ...incidents].flatMap((incident) => {
      const { id, severity = '', firstBadAt, cause } = incident;
      const lasted = lasting(durationsOf(incident, now).lastedSec);
      const state = isOpen(incident) ? 'open' : 'over';
      return row([id, state, severity, momentOf(firstBadAt, timeZone), lasted], cause);
    }),
    '',
    `Times are by the clock of ${timeZone}.${more ? ' There are older ones: --all.' : ''}`,
  ];
}

const WIDTHS = [25, 5, 8, 16, 12] as const;

const row = (cells: readonly string[], last: string): string[] =>
  columns(
    WIDTHS.map((width, column) => [cells[column] ?? '', width]),
    last,
  );

/** All that is known of one incident. */
export function pageOf(incident: Incident, timeZone: string, now: Date): readonly string[] {
  const { id, subject, class: kind, cause, reason, severity, findings, timeline } = incident;
  const { reminders, relapses } = incident;
  const clock = (instant: string) => `${dateOf(instant, timeZone)} ${clockOf(instant, timeZone)}`;
  return [
    ...entry('incident', `${id}, ${stateOf(incident)}`),
    ...entry('about', `${nameOf(subject)}: ${cause} (${kind}${severity ? `, ${severity}` : ''})`),
    ...entry('what', reason),
    ...timesOf(incident, clock, now),
    ...(reminders > 0 ? entry('reminders', String(reminders)) : []),
    ...(relapses > 0
      ? entry('relapses', `${relapses}: the same was in trouble shortly before`)
      : []),
    ...entry('runbook', `docs/runbook.md#${sectionOf(cause)}`),
    '',
    `Timeline, by the clock of ${timeZone}`,
    ...timeline.flatMap(({ at, what }) => columns([[`  ${clock(at)}`, 21]], what)),
    '',
    'Evidence',
    ...findings.flatMap(({ check, result }) => columns([[`  ${check}`, 21]], result)),
  ];
}

/** From the first sign to the end; what has not come about is left out, but for the end. */
function timesOf(
  incident: Incident,
  clock: (instant: string) => string,
  now: Date,
): readonly string[] {
  const { firstBadAt, openedAt, alertedAt, actedAt, goodSince, closedAt } = incident;
  const { detectedAfterSec = 0, alertedAfterSec = 0, lastedSec } = durationsOf(incident, now);
  // Whoever is only to mend something, or cannot see, has no node down.
  const isDown = incident.class === 'node' || incident.class === 'shared';
  const lasted = `${isDown ? 'downtime' : 'lasted'} ${lasting(lastedSec)}`;
  const good = goodSince ?? closedAt;
  return [
    ...entry('first bad', clock(firstBadAt)),
    ...(openedAt
      ? entry('opened', `${clock(openedAt)}, detected after ${lasting(detectedAfterSec)}`)
      : []),
    ...(alertedAt
      ? entry('alerted', `${clock(alertedAt)}, after another ${lasting(alertedAfterSec)}`)
      : []),
    ...(actedAt ? entry('acted', clock(actedAt)) : []),
    ...(good
      ? entry('recovered', `${clock(good)}, ${lasted}`)
      : entry('recovered', `not yet, ${lasted} so far`)),
    ...(closedAt ? entry('closed', clock(closedAt)) : []),
  ];
}

function stateOf(incident: Incident): string {
  if (incident.closedAt) return 'over';
  if (!isOpen(incident)) return 'suspected, and not told yet';
  return incident.goodSince ? 'open; all has been well again, and it is soon over' : 'open';
}

const nameOf = (subject: Incident['subject']): string => NAMES[subject] ?? `node ${subject}`;

const NAMES: Readonly<Partial<Record<Incident['subject'], string>>> = {
  database: 'the database',
  storage: 'the bucket of images',
  observer: 'who looks at the nodes',
};

const entry = (label: string, text: string): string[] => columns([[label, 10]], text);
