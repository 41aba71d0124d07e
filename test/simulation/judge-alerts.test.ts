import { describe, expect, it } from 'vitest';
import { publicName } from '../../simulator/services/ec2/addresses.ts';
import type { World } from '../../simulator/world.ts';
import { oneAtNight } from './support/play.ts';
import { found, stillWorld } from './support/still-world.ts';

describe('an alert', () => {
  const nameOfA = ({ site }: World): string =>
    publicName('ca-central-1', site.node('a')?.address ?? '');
  const row = (text: string) => ({ subject: text, text, attributes: {}, committedAt: '' });
  const address = 'ec2-203-0-113-1.ca-central-1.compute.amazonaws.com';

  it('that recommends a node which serves is fine, once', async () => {
    const { world } = await stillWorld();
    const name = nameOfA(world);

    world.judge.wrote(
      'OUTBOX#2026-11-30T12:00:00.000Z#started#4',
      row(`OPEN - use https://${name}`),
    );

    expect(found(world)).toEqual([]);
  });

  it('of the same transition under another fence breaks Alerts', async () => {
    const { world } = await stillWorld();

    world.judge.wrote('OUTBOX#2026-11-30T12:00:00.000Z#stopped#4', row('no address works'));
    world.judge.wrote('OUTBOX#2026-11-30T12:00:00.000Z#stopped#5', row('no address works'));

    expect(found(world)).toEqual([expect.stringMatching(/invariant 5 \(Alerts\).* second time/)]);
  });

  it('that recommends a node which has not served for a minute breaks Truth', async () => {
    const { world } = await stillWorld(oneAtNight());
    const name = nameOfA(world);
    world.site.node('a')?.host.shutDown();
    world.clock.at(world.clock.now + 63_000, () => {
      world.judge.wrote('OUTBOX#x#late', row(`LATE - use https://${name}`));
    });

    await world.clock.runUntil(new Date(world.clock.now + 64_000), () => {});

    expect(found(world)).toContainEqual(
      expect.stringMatching(/invariant 6 \(Truth\).* did not serve/),
    );
  });

  it.each([
    ['recommends a stranger', `LATE - use https://${address}`, /no node of ours/],
    ['is silent about addresses', 'LATE: start', /names no address and does not say/],
  ])('that %s breaks Truth', async (_what, text, expected) => {
    const { world } = await stillWorld();

    world.judge.wrote('OUTBOX#x#late', row(text));

    expect(found(world)).toEqual([expect.stringMatching(expected)]);
  });

  it('that has reached nobody after ten minutes breaks Alerts', async () => {
    const { world } = await stillWorld(oneAtNight());
    world.judge.wrote('OUTBOX#x#late', row('LATE: no address is proven to work'));

    await world.clock.runUntil(new Date(world.clock.now + 11 * 60_000), () => {});

    expect(found(world)).toContainEqual(
      expect.stringMatching(/invariant 5 .* has reached nobody$/),
    );
  });
});
