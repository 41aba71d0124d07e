import type { NodeName } from '../../../simulator/lab/host.ts';
import { judged, type Outside, type SeenVerdict } from './outside.ts';
import type { RunningLab } from './running-lab.ts';
import { until } from './until.ts';

/** What a node says of itself, and what a client says of it, asked at the same time. */
export interface Views {
  readonly verdict: string;
  readonly seen: SeenVerdict;
  /** How long the slower of both took. */
  readonly seconds: number;
}

export async function viewsOf(
  { send }: RunningLab,
  outside: Outside,
  node: NodeName,
): Promise<Views> {
  const began = Date.now();
  const [{ code, json }, seen] = await Promise.all([send(node, 'probe'), outside.see(node)]);
  if ((code === 0) !== json.serves) {
    throw new Error(`The probe of ${node} ended with ${code} and said ${JSON.stringify(json)}`);
  }
  const seconds = (Date.now() - began) / 1000;
  return { verdict: String(json.verdict), seen: judged(seen), seconds };
}

/** Waits until nodes serve, by their own word and a client's. */
export async function serving(
  running: RunningLab,
  outside: Outside,
  nodes: readonly NodeName[] = ['a', 'b'],
): Promise<void> {
  const serves = ({ verdict, seen }: Views) => verdict === 'serves' && seen === 'serves';
  await Promise.all(
    nodes.map((node) => until(`node ${node}`, () => viewsOf(running, outside, node), serves)),
  );
}
