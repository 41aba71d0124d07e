import { sectionOf } from '../../functions/shared/incident.ts';
import { NODES } from '../../functions/shared/operations-table.ts';
import { columns } from '../../simulator/report/layout.ts';
import { momentOf } from '../certificate/status-lines.ts';
import { printed } from '../lines.ts';
import type { Health, NodeHealth } from './standing.ts';

/** How a site is, for a person: times by the clock of the site. */
export function linesOf(health: Health, timeZone: string): readonly string[] {
  const { site, at, nodes, incidents, database, storage } = health;
  return [
    `${site}, ${momentOf(at, timeZone)} (${timeZone})`,
    '',
    ...NODES.flatMap((node) => linesOfNode(node, nodes[node])),
    ...(database ? entry('database', wordOfDatabase(database)) : []),
    ...(storage ? entry('bucket', wordOfStorage(storage)) : []),
    ...incidents.flatMap(({ id, reason, firstBadAt, goodSince }) => [
      '',
      ...entry('incident', id),
      ...entry('  what', reason),
      ...entry('  since', momentOf(firstBadAt, timeZone)),
      ...(goodSince ? entry('  good', `since ${momentOf(goodSince, timeZone)}; soon over`) : []),
    ]),
    '',
    ...printed(`Verdict: ${verdictOn(health)}`),
    ...todoOn(health).flatMap((line) => printed(line)),
  ];
}

/** A label with what it says beside it. */
const entry = (label: string, text: string): string[] => columns([[label, 10]], text);

const linesOfNode = (node: string, { standing, reason, address }: NodeHealth): string[] => [
  ...entry(`node ${node}`, `${STANDINGS[standing]}: ${reason}`),
  // Only what has been seen to serve is handed on.
  ...(standing === 'serves' && address
    ? [...entry('  web', `https://${address}/`), ...entry('  DICOM', `${address} port 11112`)]
    : []),
];

const STANDINGS = {
  serves: 'serves',
  planned: 'planned',
  fails: 'DOWN',
  unseen: 'cannot be seen',
} as const;

function wordOfDatabase({ status, sight }: NonNullable<Health['database']>): string {
  const because = sight?.said ? ` (${sight.said})` : '';
  const greets = sight && (GREETS[sight.reached] ?? sight.reached);
  const seen = greets ? `${greets}${because}` : 'nobody could look';
  return status ? `${seen}; AWS says "${status}"` : seen;
}

const GREETS: Readonly<Record<string, string>> = {
  reached: 'answers',
  refused: 'refuses connections',
  silent: 'does not answer',
};

const wordOfStorage = ({ ok, said }: NonNullable<Health['storage']>): string =>
  ok ? 'takes images' : `takes nothing${said ? ` (${said})` : ''}`;

const verdictOn = ({ well, reason }: Health): string =>
  well ? `well. ${sentence(reason)}` : `not well. ${sentence(reason)}`;

/** What to do about it, the most urgent first; nothing where all is well. */
function todoOn({ well, nodes, incidents }: Health): string[] {
  if (well) return [];
  const serving = NODES.find((node) => nodes[node].standing === 'serves');
  const down = NODES.some((node) => nodes[node].standing === 'fails');
  return [
    ...(serving && down && nodes[serving].address
      ? [`Users: use https://${nodes[serving].address}/ until it is over.`]
      : []),
    ...incidents.map(
      ({ cause, id }) =>
        `Do: docs/runbook.md#${sectionOf(cause)}; more: npm run orthweb -- incidents ${id}`,
    ),
    ...(incidents.length === 0
      ? ['Do: nothing yet. It has not lasted long enough to be told; look again in a few minutes.']
      : []),
  ];
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
