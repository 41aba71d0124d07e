import { expect } from 'vitest';
import { NODES, type NodeName } from '../../../functions/shared/operations-table.ts';
import { instantAt } from '../../../simulator/report/local-time.ts';
import type { Execution } from '../../../simulator/services/step-functions/step-functions.ts';
import type { World } from '../../../simulator/world.ts';
import { CLINIC } from '../../support/clinic.ts';
import { type Play, play, type Site, siteOf } from './play.ts';

/** A clinic that never closes: there is nothing to look after but its certificates. */
export const always: Site = siteOf({ schedule: undefined });

/** Both nodes have had their certificates for so long that 28 days are left. */
export const DUE = { a: 61, b: 61 };
/** When a person has certificates looked at, on the site's clock; all is quiet before. */
export const LOOK = '2026-11-30T10:30';

/** A certificate is issued as of an hour ago. */
const HOUR_MS = 3_600_000;

const MACHINE = 'arn:aws:states:ca-central-1:111122223333:stateMachine:clinic-certificate';

/** Starts the workflow as a person does. */
export const look = ({ stepFunctions }: World, input: object = {}, name?: string): Execution =>
  stepFunctions.start(MACHINE, JSON.stringify({ trigger: 'person', ...input }), name);

/** Has something done so many seconds after an instant of the site's own clock. */
export const at = (world: World, local: string, act: () => void, seconds = 0): void => {
  const instant = instantAt(local, CLINIC.timeZone).getTime();
  world.clock.at(instant + seconds * 1000, act);
};

/** What a host shows on both ports; undefined where it is not the same, or not what is live. */
export function shown(world: World, node: NodeName): string | undefined {
  const { live, web, dicom } = world.site.node(node)?.host.tls ?? {};
  return live === web && live === dicom ? live?.certificate.fingerprint256 : undefined;
}

/** The nodes that show, on both ports, another certificate than the play began with. */
export const renewedIn = (world: World | undefined, since = LOOK): NodeName[] =>
  NODES.filter((node) => {
    const { live } = world?.site.node(node)?.host.tls ?? {};
    const begun = instantAt(since, CLINIC.timeZone).getTime() - HOUR_MS;
    return world && shown(world, node) && Date.parse(live?.certificate.validFrom ?? '') >= begun;
  });

/** The scene of `renewing`: a person looks at `LOOK`, unless it says when who does. */
export const dueScene = ({
  prepare = (world) => at(world, LOOK, () => look(world)),
  ...scene
}: Partial<Play>) => ({
  from: '2026-11-30T10:20',
  days: 0.02,
  certificates: DUE,
  prepare,
  ...scene,
});

/** Plays a renewal: every fault strikes, no promise is broken. */
export async function renewing(scene: Partial<Play> = {}, of = always) {
  const { prepare, ...rest } = dueScene(scene);
  const worlds: World[] = [];
  const before = new Map<NodeName, string | undefined>();
  const result = await play(of, {
    ...rest,
    prepare: (world) => {
      worlds.push(world);
      for (const node of NODES) before.set(node, shown(world, node));
      prepare(world);
    },
  });
  const [world] = worlds;
  if (!world) throw result.failure;
  expect(result.failure).toBeUndefined();
  expect(result.unstruck).toEqual([]);
  const entries = result.entries.filter(({ who }) => who.startsWith('certificate/'));
  const mails = result.deliveries.filter(({ attributes }) => attributes.kind !== 'STARTED');
  return {
    ...result,
    world,
    /** What hosts were told, in order: `certificate-install a`. */
    sent: entries.map(({ text }) => text.replace('certificate-', '').replace('node ', '')),
    mails,
    kinds: mails.map(({ attributes }) => attributes.kind),
    runs: result.runs.filter(({ arn }) => arn.includes(':clinic-certificate:')),
    /** Who shows another certificate, on both ports, than at the beginning. */
    renewed: NODES.filter((node) => shown(world, node) && shown(world, node) !== before.get(node)),
  };
}

export const BOTH = ['request a', 'install a', 'request b', 'install b'];
