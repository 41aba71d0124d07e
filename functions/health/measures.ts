import type { Measure } from '../shared/measures.ts';
import { NODES } from '../shared/operations-table.ts';
import type { Judgement } from './judgement.ts';
import type { Observation } from './observation.ts';

/** What a look adds to the metrics: of nodes that are meant to serve, and of what they hang on. */
export function measuresOf(
  Site: string,
  { nodes }: Judgement,
  seen: Observation,
  openIncidents: number,
): Measure[] {
  const of = (
    name: string,
    value: number,
    more = {},
    unit: Measure['unit'] = 'Count',
  ): Measure => ({
    name,
    unit,
    value,
    dimensions: { Site, ...more },
  });
  const { sight } = seen.database;
  return [
    of('OpenIncidents', openIncidents),
    ...(sight ? [of('DatabaseAnswers', sight.reached === 'reached' ? 1 : 0)] : []),
    ...NODES.flatMap((Node) => {
      const { standing } = nodes[Node];
      const { disk } = seen.nodes[Node].host ?? {};
      const isJudged = standing === 'serves' || standing === 'fails';
      return [
        ...(isJudged ? [of('NodeServing', standing === 'serves' ? 1 : 0, { Node })] : []),
        ...(disk ? [of('DiskUsedPercent', disk.usedPercent, { Node }, 'None')] : []),
      ];
    }),
  ];
}
