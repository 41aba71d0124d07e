import { describe, expect, it } from 'vitest';
import { itemOf } from '../../functions/shared/operations-table.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { CLINIC } from '../support/clinic.ts';
import { siteOf } from './support/play.ts';
import { at, BOTH, LOOK, look, renewing } from './support/renewals.ts';

const DAY_MS = 86_400_000;

describe('an authority that cannot sign', () => {
  it('is told at once, both nodes keep what they have, and are renewed once it signs again', async () => {
    const fault = { name: 'disabled-key', at: LOOK, minutes: 7 } as const;

    const { kinds, mails, renewed, runs, sent } = await renewing({ faults: [fault], days: 0.05 });

    expect(sent.slice(0, -4).filter((text) => text.startsWith('install'))).toEqual([]);
    expect(sent.slice(-4).sort()).toEqual([...BOTH].sort());
    expect(kinds).toEqual(['CERTIFICATE', 'ALARM', 'CERTIFICATE', 'RENEWED']);
    expect((mails[0]?.at ?? '') < '2026-11-30T15:31').toBe(true);
    expect(mails[0]?.text).toMatch(/KMS refuses the key .*DisabledException/);
    expect(mails[0]?.text).toContain('the node serves what it served before');
    expect(runs.at(-1)?.state).toBe('Certificates Looked After');
    expect(renewed).toEqual(['a', 'b']);
  });

  it.each(['KMSInvalidStateException', 'NotFoundException'])(
    'is told at once where KMS says %s, and both nodes keep what they have',
    async (error) => {
      const fault = { name: 'failing-api', on: `kms:Sign=${error}`, at: LOOK, minutes: 4 } as const;

      const { kinds, mails, renewed } = await renewing({ faults: [fault], days: 0.01 });

      expect(kinds).toContain('CERTIFICATE');
      expect(mails.find(({ attributes }) => attributes.kind === 'CERTIFICATE')?.text).toContain(
        error,
      );
      expect(renewed).toEqual([]);
    },
  );

  it('signs nothing that outlives it, and its own end is an alarm', async () => {
    const ending = siteOf({
      schedule: undefined,
      certificate: { authorities: [{ number: 1, signed: '2026-06-01' }] },
    });
    const from = '2036-04-10T10:20';
    const prepare = (world: World) => at(world, from, () => look(world), 600);

    const { mails, renewed, sent } = await renewing({ from, days: 0.07, prepare }, ending);

    expect(renewed).toEqual([]);
    expect(sent).not.toContain('install a');
    const texts = mails.map(({ text }) => text).join('\n');
    expect(texts).toContain('before a certificate of 90 days would: sign the authority anew');
    expect(texts).toContain('ALARM: OrthwebOperations/Certificate/AuthorityExpiring');
  });
});

describe('a second authority', () => {
  const authorities = [{ number: 2 }, { number: 1 }];
  const second = siteOf({ schedule: undefined, certificate: { authorities } });
  const NUMBERS = [1, 2];

  /** Both hosts have published both authorities for so many days; the first one has signed. */
  const published = (days: number) => (world: World) => {
    const since = new Date(
      instantAt(LOOK, CLINIC.timeZone).getTime() - days * DAY_MS,
    ).toISOString();
    for (const node of ['a', 'b'] as const) amend(world, node, since);
    at(world, LOOK, () => look(world));
  };

  function amend(world: World, node: 'a' | 'b', since: string): void {
    const key = `CERTIFICATE#${node}`;
    const record = world.site.truth().get(key) as { readonly served: { fingerprint: string } };
    world.dynamodb.write(
      world.site,
      itemOf(key, 1, {
        ...record,
        published: Object.fromEntries(NUMBERS.map((number) => [number, since])),
        issued: { fingerprint: record.served.fingerprint, authority: 1 },
      }),
    );
  }

  it('takes over once both hosts have published it for 180 days', async () => {
    const fresh = { a: 0, b: 0 };

    const early = await renewing({ certificates: fresh, prepare: published(179) }, second);
    const due = await renewing({ certificates: fresh, prepare: published(180) }, second);

    expect(early.sent).toEqual([]);
    expect(due.sent).toEqual(BOTH);
    expect(due.renewed).toEqual(['a', 'b']);
    expect(due.mails[0]?.text).toContain('another authority signs from now on');
  });
});
