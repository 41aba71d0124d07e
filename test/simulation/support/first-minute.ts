import type { World } from '../../../simulator/world.ts';
import { play, type Site } from './play.ts';

/** What ends or breaks the first minute, all that was found in it, and which hosts serve then. */
export async function firstMinute(of: Site) {
  let world: World | undefined;
  const { failure, findings } = await play(of, {
    from: '2026-11-30T08:00',
    days: 0.001,
    prepare: (made) => {
      world = made;
    },
  });
  const said = findings.map(({ message }) => message).join('\n');
  return { failure, said, serving: world?.ec2.instances.map(({ host }) => host.serves) };
}
