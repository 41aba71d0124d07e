import { expect, it } from 'vitest';
import { NODES } from '../../functions/shared/operations-table.ts';
import { namesIn } from '../../simulator/host-tls.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { publicName } from '../../simulator/services/ec2/addresses.ts';
import type { World } from '../../simulator/world.ts';
import { play, siteOf } from './support/play.ts';
import { BOTH } from './support/renewals.ts';

const borrowing = siteOf({ hosts: { addresses: 'dynamic' } });

/** What each node is called at this moment, and what its certificate names on both ports. */
const namesNow = ({ site }: World) =>
  NODES.map((node) => {
    const { address = '', host } = site.node(node) ?? {};
    const { web, dicom } = host?.tls ?? {};
    return {
      name: publicName('ca-central-1', address),
      web: web ? namesIn(web.certificate) : [],
      dicom: dicom ? namesIn(dicom.certificate) : [],
    };
  });

it('names the new address of each morning before the site is announced as open', async () => {
  const told: ReturnType<typeof namesNow>[] = [];

  const result = await play(borrowing, {
    from: '2026-11-30T06:00',
    days: 2.1,
    prepare: (world) => {
      const { say } = world.site;
      world.site.say = (kind, who, text, reason) => {
        if (kind === 'alert' && text.includes('OPEN')) told.push(namesNow(world));
        say.call(world.site, kind, who, text, reason);
      };
    },
  });

  expect(result.failure).toBeUndefined();
  expect(told).toHaveLength(3);
  for (const { name, web, dicom } of told.flat()) {
    expect(web).toContain(name);
    expect(dicom).toContain(name);
  }
  expect(new Set(told.flat().map(({ name }) => name)).size).toBe(6);
  const days = ['2026-11-30', '2026-12-01', '2026-12-02'];
  for (const day of days) {
    const noon = instantAt(`${day}T11:00`, borrowing.timeZone).toISOString();
    const morning = result.entries.filter(({ at }) => at.startsWith(day) && at < noon);
    const order = morning
      .filter(({ who, text }) => who === 'certificate/act' || text.includes('OPEN'))
      .map(({ text }) =>
        text.replace(/^certificate-(\w+) node/, '$1').replace(/^.* OPEN .*$/, 'OPEN'),
      );
    expect(order).toEqual([...BOTH, 'OPEN']);
  }
});

it('opens late, and says why, where no certificate can be had for the new address', async () => {
  const { deliveries, failure } = await play(borrowing, {
    from: '2026-11-30T06:30',
    days: 0.12,
    faults: [{ name: 'disabled-key', at: '2026-11-30T06:59', minutes: 25 }],
  });

  expect(failure).toBeUndefined();
  const mails = deliveries.filter(({ at }) => at > '2026-11-30T12:00');
  const late = mails.find(({ attributes }) => attributes.kind === 'LATE');
  const index = (kind: string) => mails.findIndex(({ attributes }) => attributes.kind === kind);
  expect(late?.text).toMatch(/Cause .*waits for a certificate/);
  expect(late?.text).toContain('no address is proven to work');
  expect(index('CERTIFICATE')).toBeGreaterThanOrEqual(0);
  expect(index('LATE')).toBeLessThan(index('STARTED'));
});
