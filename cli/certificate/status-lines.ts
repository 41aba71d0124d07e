import { columns } from '../../simulator/report/layout.ts';
import { clockOf, dateOf } from '../../simulator/report/local-time.ts';
import { printed } from '../lines.ts';
import {
  type AuthorityStanding,
  leftOver,
  type NodeStanding,
  type Standing,
  type Wrong,
} from './standing.ts';

/** How the certificates stand, for a person: times by the clock of the site. */
export function linesOf(standing: Standing, timeZone: string): readonly string[] {
  const clock: Clock = (instant) => momentOf(instant, timeZone);
  return [
    `${standing.site}, ${clock(standing.at)} (${timeZone})`,
    ...standing.nodes.flatMap((node) => ['', ...linesOfNode(node, clock)]),
    ...standing.authorities.flatMap((authority, order) => [
      '',
      ...linesOfAuthority(authority, order === 0, clock),
    ]),
    '',
    ...printed(`Verdict: ${verdictOf(standing)}`),
  ];
}

type Clock = (instant: Date | string) => string;

/** `2026-11-23 07:00`. */
export const momentOf = (instant: Date | string, timeZone: string): string =>
  `${dateOf(instant, timeZone)} ${clockOf(instant, timeZone).slice(0, 5)}`;

/** A label with what it says beside it, under the heading `node a`. */
const entry = (label: string, text: string): string[] => columns([[label, 13]], text);

function linesOfNode(
  { node, stopped, served, daysLeft = 0, checkedAt, renewedAt, ...more }: NodeStanding,
  clock: Clock,
): string[] {
  const { failing, wanted, run, issued } = more;
  return [
    ...entry(
      `node ${node}`,
      served
        ? `${leftOver(daysLeft)}, runs out on ${clock(served.notAfter)}`
        : 'nothing is known of what it serves',
    ),
    ...(served ? entry('  names', served.names.join(', ')) : []),
    ...(issued && issued.fingerprint === served?.fingerprint
      ? entry('  signed', `by authority ${issued.authority}`)
      : []),
    ...(checkedAt ? entry('  checked', clock(checkedAt)) : []),
    ...(renewedAt ? entry('  renewed', clock(renewedAt)) : []),
    ...(stopped ? entry('  stopped', 'as planned; it is looked at when it starts') : []),
    ...(run ? entry('  under way', run.split(':').at(-1) ?? run) : []),
    ...(wanted
      ? entry('  waits', `its start, since ${clock(wanted.since)}: ${wanted.reason}`)
      : []),
    ...(failing
      ? [
          ...entry('  fails', `since ${clock(failing.since)}: ${failing.reason}`),
          ...entry(
            '  tried',
            `${failing.attempts === 1 ? 'once' : `${failing.attempts} times`}, again from ` +
              `${clock(failing.notBefore)} on`,
          ),
        ]
      : []),
  ];
}

function linesOfAuthority(
  { number, subject, fingerprint, notAfter, daysLeft, publishedBy }: AuthorityStanding,
  first: boolean,
  clock: Clock,
): string[] {
  const since = Object.entries(publishedBy).map(([node, at]) => `node ${node} since ${clock(at)}`);
  return [
    ...entry(
      `authority ${number ?? '?'}`,
      `${leftOver(daysLeft)}, runs out on ${clock(notAfter)}; ` +
        `${first ? 'written first, to sign' : 'written second, to be trusted'}`,
    ),
    ...entry('  name', subject),
    ...entry('  published', since.length > 0 ? `by ${since.join(', by ')}` : 'by no node yet'),
    `  ${fingerprint}`,
  ];
}

function verdictOf({ wrong, nodes }: Standing): string {
  const [worst, ...others] = wrong;
  if (worst) {
    const also = others.length > 0 ? ` Also: ${others.map(wordOf).join('; ')}.` : '';
    const see = worst.section ? ` See docs/runbook.md#${worst.section}.` : '';
    return `not well. ${sentence(wordOf(worst))}${also}${see}`;
  }
  const waiting = nodes.filter(({ wanted }) => wanted).map(({ node }) => node);
  const start =
    waiting.length > 0
      ? ` The start of node ${waiting.join(' and ')} waits for a certificate.`
      : '';
  return `well. Nothing is overdue, and nothing fails.${start}`;
}

/** Reasons come from hosts and from AWS, with a full stop or without one. */
const wordOf = ({ whose, says }: Wrong): string => `${whose}: ${says.replace(/\.$/, '')}`;

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`;
