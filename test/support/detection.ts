import type { Fault, FaultName } from '../../simulator/faults/library.ts';
import type { Outage } from '../../simulator/judge/health.ts';
import { Chance } from '../../simulator/random.ts';
import {
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from '../../simulator/simulation.ts';

/** What can happen to a site, and whether clients are the worse for it. */
interface Happening {
  readonly name: FaultName;
  readonly on?: readonly string[];
  /** How long it lasts, in minutes; the fault's own time if absent. */
  readonly minutes?: number;
}

const NODES = ['a', 'b'];
const each = (what: string) => NODES.map((node) => `${node}=${what}`);

/** Each takes a node or the site from its clients. */
const OUTAGES: readonly Happening[] = [
  { name: 'dead-container', on: [...each('orthanc'), ...each('nginx')], minutes: 12 },
  { name: 'hung-container', on: [...each('orthanc'), ...each('nginx')], minutes: 12 },
  { name: 'dead-host', on: NODES, minutes: 12 },
  { name: 'failed-system', on: [...each('recovers'), ...each('stays')], minutes: 15 },
  { name: 'failed-volume', on: NODES, minutes: 12 },
  { name: 'stopped-by-hand', on: NODES, minutes: 12 },
  { name: 'failing-database', minutes: 8 },
  { name: 'database-failover' },
  { name: 'denied-storage', minutes: 8 },
];

/** None of these does. */
const NOISE: readonly Happening[] = [
  { name: 'lost-packet', on: NODES },
  { name: 'slow-host', on: NODES, minutes: 20 },
  { name: 'silent-agent', on: NODES, minutes: 8 },
  { name: 'stale-reads', minutes: 10 },
  { name: 'doubled-events', on: ['tick', 'rules'], minutes: 20 },
];

/** When trouble begins after the play does, and how long a play is, in minutes. */
const [EARLIEST, LATEST, LENGTH] = [20, 40, 90];

/** One to three things that happen to the site in the middle of a day, by seed. */
export function happenings(seed: number, from: Date): Fault[] {
  const chance = Chance.of(seed, 'happenings');
  const one = <T>(list: readonly T[]): T => list[chance.between(0, list.length - 1)] as T;
  const at = () => new Date(from.getTime() + chance.between(EARLIEST * 60_000, LATEST * 60_000));
  const fault = ({ name, on, minutes }: Happening): Fault => ({
    name,
    at: at(),
    ...(on && { on: one(on) }),
    ...(minutes !== undefined && { minutes }),
  });
  const count = chance.between(0, 2);
  return [
    ...(count > 0 || seed % 4 !== 0 ? [fault(one(OUTAGES))] : []),
    ...Array.from({ length: count }, () => fault(one(NOISE))),
  ];
}

/** How one outage of a node was noticed, in seconds since it began. */
export interface Detection {
  readonly seed: number;
  /** Until its incident was opened. */
  readonly detected: number;
  /** And from there until a message had arrived. */
  readonly alerted: number;
}

export interface Detections {
  readonly plays: number;
  readonly detections: readonly Detection[];
  /** Outages that ended before anybody could be sure of them. */
  readonly passing: number;
  /** Longer ones that no incident tells. */
  readonly missed: readonly string[];
  /** Messages of trouble while both nodes served. */
  readonly falseAlerts: readonly string[];
  /** Whatever else the judge has found, each with its seed: among it each false alert. */
  readonly broken: readonly string[];
}

/** An outage that is over sooner is no incident for certain: three looks, a minute apart at most. */
const CERTAIN_MS = 3 * 60_000;

/** Plays the middle of a day once for each seed, with what happens in it, and measures. */
export async function detect(
  options: Pick<SimulationOptions, 'directory' | 'plan' | 'from'>,
  seeds: readonly number[],
): Promise<Detections> {
  const detections: Detection[] = [];
  const missed: string[] = [];
  const broken: string[] = [];
  const falseAlerts: string[] = [];
  let passing = 0;
  for (const seed of seeds) {
    const faults = happenings(seed, options.from);
    const result = await simulate({
      ...options,
      seed,
      faults,
      days: LENGTH / 1440,
      certificates: 'issued',
    });
    if (result.failure) broken.push(`seed ${seed}: ${result.failure.message}`);
    falseAlerts.push(...falseIn(result).map((subject) => `seed ${seed}: ${subject}`));
    for (const outage of result.outages) {
      const lasted = (outage.until ?? Number.POSITIVE_INFINITY) - outage.from;
      if (outage.isKnown) continue;
      if (outage.openedAt === undefined) {
        if (lasted < CERTAIN_MS) passing++;
        else missed.push(`seed ${seed}: node ${outage.node}, ${lasted / 1000} s`);
        continue;
      }
      const arrived = arrivalOf(result, outage.openedAt);
      detections.push({
        seed,
        detected: (outage.openedAt - outage.from) / 1000,
        alerted: (arrived - outage.openedAt) / 1000,
      });
    }
  }
  return { plays: seeds.length, detections, passing, missed, falseAlerts, broken };
}

/** What was told of a node or of what both share, while no node was without its clients. */
function falseIn({ deliveries, outages }: SimulationResult): string[] {
  const told = deliveries.filter(
    ({ attributes: { kind, severity } }) => kind === 'OPENED' && severity !== 'warning',
  );
  const isFalse = (at: string) => {
    const instant = new Date(at).getTime();
    const near = ({ from, until = Number.POSITIVE_INFINITY }: Outage) =>
      from <= instant && instant <= until + CERTAIN_MS;
    return !outages.some(near);
  };
  return told.filter(({ at }) => isFalse(at)).map(({ subject }) => subject);
}

/** When the first message of an incident that was opened at this instant was in the mailbox. */
function arrivalOf({ deliveries }: SimulationResult, openedAt: number): number {
  const opened = deliveries.find(
    ({ at, attributes: { kind } }) => kind === 'OPENED' && new Date(at).getTime() >= openedAt,
  );
  return opened ? new Date(opened.at).getTime() : Number.POSITIVE_INFINITY;
}
