import { expect, it } from 'vitest';
import { refusalOfDatabase } from '../../cli/preflight.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { CLOSED, ends, OPEN } from './support/ends.ts';
import { play, siteOf, subjects } from './support/play.ts';

const site = siteOf();

/** What a deployment is told at this moment, about the true database and table. */
function toldNow({ clock, dynamodb, site: { database: index } }: World): string {
  const [table] = dynamodb.tables.keys();
  const database = index.stopped ? 'stopped' : 'available';
  const { timeZone } = site;
  const found = {
    site: 'clinic',
    region: 'ca-central-1',
    timeZone,
    made: true,
    database,
    storage: { has: 30, wants: 30 },
    operated: table === undefined ? undefined : { table, plan: undefined, override: undefined },
  };
  return refusalOfDatabase(found, new Date(clock.now))?.join('\n') ?? '';
}

/** A night of the clinic, closed since 19:00, in which a person does at 20:00 what is told then. */
async function nightUntil(until: string) {
  const told: string[] = [];
  const deploy = (world: World): void => {
    told.push(toldNow(world));
    const [, table = '', json = '{}'] = /--table-name (\S+) --item '(.+)'/.exec(`${told}`) ?? [];
    const item = JSON.parse(json);
    world.dynamodb.tables.get(table)?.items.set(JSON.stringify([item.pk, item.sk]), item);
  };
  const from = '2026-11-30T18:30';
  const days = (Date.parse(`2026-11-30T${until}Z`) - Date.parse(`${from}Z`)) / 86_400_000;
  const prepare = (world: World) =>
    world.clock.at(instantAt('2026-11-30T20:00', site.timeZone).getTime(), () => deploy(world));
  return { told, ...(await play(site, { from, days, prepare })) };
}

it('opens a closed site for a deployment by the command that its refusal prints', async () => {
  const closed = await nightUntil('20:00');
  const open = await nightUntil('20:20');

  expect(ends(closed)).toEqual(CLOSED);
  expect(open.told.join()).toMatch(/^Refused: the database clinic is stopped,/);
  expect(open.told.join()).toContain('Open the site until Mon 30 Nov 22:00 ');
  expect(open.failure).toBeUndefined();
  expect(ends(open)).toEqual(OPEN);
  expect(subjects(open).at(-1)).toMatch(/^\[clinic\] OPEN - use https:/);
});

it('closes the site again when the time of that command is over', async () => {
  const night = await nightUntil('22:20');

  expect(night.failure).toBeUndefined();
  expect(ends(night)).toEqual(CLOSED);
});
