import type { Clients } from '../shared/clients.ts';
import { CLOCKS } from '../shared/clocks.ts';
import { NODES, type NodeName, type SiteState } from '../shared/operations-table.ts';
import { askHost, readBusy } from './host-words.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judgement.ts';
import { type Eyes, look } from './look.ts';
import type { NodeObservation, Observation } from './observation.ts';
import { pause } from './pause.ts';
import type { Survey } from './survey.ts';

/** What was seen in the end, and what it comes to. */
export interface Confirmed {
  /** The record that it is judged by. */
  readonly site: SiteState;
  readonly seen: Observation;
  readonly judgement: Judgement;
}

/** One look may always miss. */
const LOOKS = 3;

/**
 * Looks until all is well, three times at most, and with the last of them asks the hosts themselves. So
 * what is left has been seen three times, and by two kinds of witnesses.
 */
export async function confirm(
  clients: Pick<Clients, 'lambda' | 's3' | 'ssm'>,
  about: {
    readonly site: SiteState;
    /** Reads it again. */
    readonly reread: () => Promise<SiteState>;
    readonly survey: Survey;
    readonly eyes: Eyes;
    readonly document: string;
    /** Hosts are asked in any case. */
    readonly thorough: boolean;
  },
): Promise<Confirmed> {
  const { site, survey, eyes } = about;
  let words: Words = {};
  for (let times = 1; ; times++) {
    const isLast = times === LOOKS;
    const asks = isLast || (about.thorough && times === 1);
    const [bare, said] = await Promise.all([look(clients, eyes, survey), asks ? askAll() : words]);
    words = said;
    const seen = withWords(bare, words);
    const judgement = judge(site, seen, new Date());
    if (isCalm(judgement)) return { site, seen, judgement };
    if (isLast) {
      // A stop is recorded before it begins. So who looks first and reads then never takes for trouble
      // what has just been planned.
      const now = await about.reread();
      return { site: now, seen, judgement: judge(now, seen, new Date()) };
    }
    await pause(CLOCKS.healthPause);
  }

  /** What each host says of itself, and whether somebody is changing it. */
  async function askAll(): Promise<Words> {
    const running = NODES.filter((node) => survey.instances?.[node].state === 'running');
    const words = running.map(async (node) => {
      const id = survey.instances?.[node].instanceId ?? '';
      const online = survey.online?.has(id);
      const [host, busy] = await Promise.all([
        online ? askHost(clients.ssm, about.document, id) : undefined,
        readBusy(clients.ssm, about.document, id),
      ]);
      return [node, { ...(host && { host }), ...(busy && { busy }) }] as const;
    });
    return Object.fromEntries(await Promise.all(words));
  }
}

type Words = Readonly<Partial<Record<NodeName, Pick<NodeObservation, 'host' | 'busy'>>>>;

const withWords = (seen: Observation, words: Words): Observation => ({
  ...seen,
  nodes: { a: { ...seen.nodes.a, ...words.a }, b: { ...seen.nodes.b, ...words.b } },
});

/** Nothing is wrong that a second look could see otherwise: flaws are told after ten minutes anyway. */
const isCalm = ({ troubles }: Judgement): boolean =>
  Object.values(troubles).every(({ class: kind }) => kind === 'degraded');
