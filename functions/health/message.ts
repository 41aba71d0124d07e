import { localTime } from '../power/schedule.ts';
import { addressLines, adviceOn, type Proofs, servingNodes } from '../shared/advice.ts';
import type { Alert } from '../shared/alerts.ts';
import { secondsBetween } from '../shared/clocks.ts';
import { type Incident, sectionOf } from '../shared/incident.ts';
import { NODES } from '../shared/operations-table.ts';
import type { Change, Telling } from './course.ts';
import { eventOf, recoveredOf } from './headline.ts';
import type { Judgement } from './judgement.ts';
import { gravest } from './severity.ts';

/** What every message of the health capability is written from. */
export interface Circumstances {
  readonly now: Date;
  readonly timeZone: string;
  readonly judgement: Judgement;
  /** Which nodes have answered in this look, where and when. */
  readonly proofs: Proofs;
  /** From where: `from inside the network`, or `on the host itself`. */
  readonly seenFrom: string;
}

/** A change that is told, with the incident as it stands after it. */
export interface Told extends Change {
  readonly after: Incident;
  readonly tells: Telling;
}

const TELLINGS: readonly Telling[] = ['OPENED', 'ESCALATED', 'REMINDER', 'RECOVERED'];

/** One message for all changes of a look that tell the same; nodes come before what they share. */
export function alertsOn(changes: readonly Change[], c: Circumstances): Alert[] {
  const told = changes.filter((change): change is Told => Boolean(change.tells && change.after));
  return TELLINGS.flatMap((telling) => {
    const same = told.filter(({ tells }) => tells === telling);
    return same.length > 0 ? [alertOn(telling, same, c)] : [];
  });
}

function alertOn(telling: Telling, told: readonly Told[], c: Circumstances): Alert {
  const incidents = told.map(({ after }) => after);
  const over = telling === 'RECOVERED';
  const severity = over ? 'info' : gravest(incidents.map((one) => one.severity ?? 'info'));
  const serving = servingNodes(c.proofs, c.now);
  const event = over ? recoveredOf(told, c) : eventOf(telling, incidents, c.judgement);
  return {
    kind: telling,
    severity,
    event,
    advice: adviceOn(c.proofs, serving),
    key: `${incidents.map(({ id }) => id).join('+')}#${keyOf(telling, incidents)}`,
    body: [
      ...addressLines(c.proofs, serving, c.timeZone, c.seenFrom),
      ...avoidLines(c),
      ...told.flatMap((change) => (over ? endLines(change, c) : troubleLines(change, c))),
      ...(over ? bothLines(serving.length) : adviceLines(serving.length > 0)),
      ...incidents.map(({ id }) => `More     npm run orthweb -- incidents ${id}`),
    ],
    details: detailsOf(told, c),
  };
}

/** Nodes that are meant to serve and are not proven to. */
const unproven = ({ judgement, proofs, now }: Circumstances): string[] =>
  NODES.filter(
    (node) =>
      judgement.nodes[node].standing !== 'planned' && !servingNodes(proofs, now).includes(node),
  );

const avoidLines = (c: Circumstances): string[] => {
  const nodes = unproven(c);
  return nodes.length > 0 ? [`Not now  node ${nodes.join(' and node ')}`] : [];
};

const troubleLines = ({ after }: Told, c: Circumstances): string[] => [
  `What     ${after.reason}`,
  `Since    ${localTime(new Date(after.firstBadAt), c.timeZone)}, noticed after ${duration(
    secondsBetween(after.firstBadAt, new Date(after.openedAt ?? after.firstBadAt)),
  )}`,
  `You      docs/runbook.md#${sectionOf(after.cause)}`,
];

const adviceLines = (someServe: boolean): string[] => [
  ...(someServe
    ? ['Devices  send to the address above; one that has both in its list changes by itself']
    : []),
  'Orthweb  repairs nothing by itself yet; it keeps looking each minute and tells you when it is over',
];

function endLines({ after, planned }: Told, c: Circumstances): string[] {
  const lasted = duration(secondsBetween(after.firstBadAt, new Date(after.goodSince ?? c.now)));
  const from = localTime(new Date(after.firstBadAt), c.timeZone);
  return planned
    ? [`What     ${after.reason} A planned stop or change ended it.`, `Since    ${from}, ${lasted}`]
    : [
        `Was      ${after.reason}`,
        `Lasted   ${lasted}, from ${from}`,
        ...momentLines(after.timeline, c.timeZone),
        ...[c.judgement.troubles[after.subject]].flatMap((rest) =>
          rest ? [`But      ${rest.reason}`] : [],
        ),
      ];
}

/** What happened meanwhile: how it began, and what came last. */
function momentLines(timeline: Incident['timeline'], timeZone: string): string[] {
  const told = timeline.length <= 10 ? timeline : [...timeline.slice(0, 3), ...timeline.slice(-6)];
  const left = timeline.length - told.length;
  const lines = told.map(
    ({ at, what }) => `         ${localTime(new Date(at), timeZone)}  ${what}`,
  );
  return left > 0
    ? [...lines.slice(0, 3), `         ... and ${left} more`, ...lines.slice(3)]
    : lines;
}

const bothLines = (serving: number): string[] =>
  serving === NODES.length ? ['Both     addresses can be used again'] : [];

function keyOf(telling: Telling, incidents: readonly Incident[]): string {
  const [first] = incidents;
  if (telling === 'ESCALATED') return `ESCALATED-${first?.severity}`;
  return telling === 'REMINDER' ? `REMINDER-${first?.reminders}` : telling;
}

/** What a program gets beyond what every alert has: the schema `orthweb.alert/1` (docs/health.md). */
function detailsOf(told: readonly Told[], c: Circumstances): Readonly<Record<string, unknown>> {
  const incidents = told.map(({ after }) => after);
  const [node] = servingNodes(c.proofs, c.now);
  const proof = node && c.proofs[node];
  return {
    incidents: incidents.map(({ id }) => id),
    nodes: incidents.map(({ subject }) => subject).filter((one) => one === 'a' || one === 'b'),
    class: incidents[0]?.class,
    cause: incidents[0]?.cause,
    since: incidents[0]?.firstBadAt,
    detectedAfterSec: incidents[0]?.openedAt
      ? Math.round(secondsBetween(incidents[0].firstBadAt, new Date(incidents[0].openedAt)))
      : undefined,
    evidence: incidents.flatMap(({ findings }) => findings),
    useNow: proof
      ? {
          web: `https://${proof.address}/`,
          dicom: `${proof.address}:11112`,
          verifiedAt: proof.at,
          verifiedFrom: c.seenFrom,
        }
      : null,
    doNotUse: unproven(c),
    runbook: incidents.map(({ cause }) => `docs/runbook.md#${sectionOf(cause)}`),
  };
}

const duration = (seconds: number): string => {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
};
