import { servingNodes } from '../shared/advice.ts';
import type { Incident } from '../shared/incident.ts';
import { NODES } from '../shared/operations-table.ts';
import type { Telling } from './course.ts';
import type { Judgement } from './judgement.ts';
import type { Circumstances, Told } from './message.ts';

/** What is the matter, in a few words for a lock screen: the part before the colon can stand alone. */
export function eventOf(
  telling: Telling,
  incidents: readonly Incident[],
  { troubles }: Judgement,
): string {
  const [first] = incidents;
  const node = incidents.find(({ class: kind }) => kind === 'node');
  const still = telling === 'REMINDER' ? 'still ' : '';
  // Also where the operator knows of the other one already.
  const areBoth = NODES.every((one) => troubles[one]?.class === 'node');
  if (node && areBoth) return `BOTH NODES ${still}DOWN`;
  if (node) return `Node ${node.subject} ${still}DOWN: ${BRIEF[node.cause] ?? node.cause}`;
  switch (first?.class) {
    case 'shared':
      return first.subject === 'database'
        ? `DATABASE ${still}DOWN: both nodes wait for it`
        : `BUCKET of images ${still}DOWN`;
    case 'degraded':
      return `Node ${first.subject} ${still}needs care: ${BRIEF[first.cause] ?? first.cause}`;
    default:
      return `BLIND: Orthweb ${still}cannot see the nodes`;
  }
}

/** Each cause in the two or three words that a lock screen has room for. */
const BRIEF: Readonly<Record<string, string>> = {
  stopped: 'it was stopped',
  missing: 'its machine is gone',
  system: 'AWS hardware',
  volume: 'its disk',
  unreachable: 'no answer',
  docker: 'Docker',
  nginx: 'nginx',
  'orthanc-down': 'Orthanc',
  'orthanc-hung': 'Orthanc hangs',
  dicom: 'DICOM',
  certificate: 'certificate',
  clock: 'its clock',
  disk: 'disk full',
  drained: 'drained by hand',
  'way-to-database': 'no way to the database',
  'way-to-storage': 'no way to the bucket',
  agent: 'no remote control',
  'disk-filling': 'disk fills',
  'clock-drift': 'clock drifts',
};

/** What is over. Only what has been seen to serve is said to do so. */
export function recoveredOf(told: readonly Told[], { proofs, now }: Circumstances): string {
  if (told.some(({ planned }) => planned)) return 'OVER: ended by a planned stop or change';
  if (told.every(({ after }) => after.class === 'degraded')) {
    return `MENDED: node ${told.map(({ subject }) => subject).join(' and node ')}`;
  }
  const serving = servingNodes(proofs, now);
  if (serving.length === NODES.length) return 'RECOVERED: both nodes serve';
  const [node] = told.flatMap(({ subject }) => serving.filter((one) => one === subject));
  if (node) return `RECOVERED: node ${node} serves again`;
  const [{ subject = 'observer' } = {}] = told;
  return `RECOVERED: ${OVER[subject] ?? `node ${subject}`}`;
}

const OVER: Readonly<Record<string, string>> = {
  database: 'the database answers',
  storage: 'the bucket of images answers',
  observer: 'Orthweb sees the nodes again',
};
