import { expect, it } from 'vitest';
import {
  everyOrder,
  type Intervention,
  type Order,
} from '../../simulator/explore/interleavings.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { collected } from './support/collected.ts';
import { CLOSED, ends, OPEN } from './support/ends.ts';
import { optionsOf, siteOf, unwatched } from './support/play.ts';
import { recorded } from './support/recording.ts';

const site = unwatched(siteOf());
const POWER = 'arn:aws:states:ca-central-1:111122223333:stateMachine:clinic-power';
const SECOND = 1000;

const at = (local: string): number => instantAt(local, site.timeZone).getTime();

const trigger = (name: string, at: number): Intervention => ({
  label: `start ${name}`,
  at,
  act: ({ stepFunctions }) => {
    stepFunctions.start(POWER, '{"trigger":"person"}', name);
  },
});

/** Aborts the run of this name, if it has begun; it may have ended. */
const abortion = (name: string, at: number): Intervention => ({
  label: `abort ${name}`,
  at,
  act: ({ stepFunctions }) => stepFunctions.executions.find((one) => one.name === name)?.abort(),
});

const opening = { from: '2026-11-30T06:30', days: 0.055 };
const closing = { from: '2026-11-30T18:50', days: 0.04 };

/** The order and what it broke, of those that broke something. */
const broken = (orders: readonly Order[]): string[] =>
  orders.flatMap(({ turns, result }) =>
    result.failure ? [`${turns.join(' > ')}: ${result.failure.message}`] : [],
  );

function expectAll(what: string, orders: readonly Order[], planned: object, more: number): void {
  process.stdout.write(`${what}: ${orders.length} orders\n`);
  expect(broken(orders)).toEqual([]);
  for (const { turns, result } of orders) expect(ends(result), turns.join(' > ')).toEqual(planned);
  expect(new Set(orders.map(({ turns }) => turns.join(' > '))).size).toBe(orders.length);
  expect(orders.length).toBeGreaterThan(more);
}

it.each([
  { planned: '2026-11-30T07:00', scene: opening, end: OPEN, seconds: 0, depth: 4, more: 30 },
  { planned: '2026-11-30T07:00', scene: opening, end: OPEN, seconds: 5, depth: 4, more: 12 },
  { planned: '2026-11-30T07:00', scene: opening, end: OPEN, seconds: 20, depth: 4, more: 12 },
  { planned: '2026-11-30T07:00', scene: opening, end: OPEN, seconds: 60, depth: 4, more: 12 },
  { planned: '2026-11-30T19:00', scene: closing, end: CLOSED, seconds: 0, depth: 6, more: 200 },
  { planned: '2026-11-30T19:00', scene: closing, end: CLOSED, seconds: 5, depth: 4, more: 12 },
  { planned: '2026-11-30T19:00', scene: closing, end: CLOSED, seconds: 20, depth: 4, more: 12 },
  { planned: '2026-11-30T19:00', scene: closing, end: CLOSED, seconds: 60, depth: 4, more: 12 },
])(
  'keeps its promises in every order of two triggers at $planned and an abort after $seconds s',
  async ({ planned, scene, end, seconds, depth, more }) => {
    const from = at(planned);
    const both = from + 100;
    // The triggers are alike, so that to abort one of them is to abort either.
    const interventions = [
      trigger('one', both),
      trigger('two', both),
      abortion('one', both + seconds * SECOND),
    ];
    const scenario = optionsOf(site, scene);
    const until = from + 120 * SECOND;

    const orders = await collected(everyOrder({ scenario, interventions, from, until, depth }));

    expectAll(`${planned}, abort after ${seconds} s, to depth ${depth}`, orders, end, more);
  },
);

it.each([
  { offset: -100, depth: 4, more: 40 },
  { offset: -30 * SECOND, depth: 5, more: 25 },
])(
  'gives an aborted run’s lease to one only, when the tick and two triggers come for it ($offset ms)',
  async ({ offset, depth, more }) => {
    const calls = await recorded(optionsOf(site, opening));
    const ticks = calls.filter(({ by }) => by === 'site/tick').map((one) => one.at);
    const sweep = ticks.find((one) => one >= at('2026-11-30T07:05')) ?? 0;
    // Its lease is closed for 120 seconds, which are over when that tick comes.
    const prepare = ({ clock, stepFunctions }: World) => {
      clock.at(sweep - 120_500, () => stepFunctions.executions.at(-1)?.abort());
    };
    const scenario = optionsOf(site, { ...opening, prepare });
    const from = sweep - 31 * SECOND;
    const interventions = ['one', 'two'].map((name) => trigger(name, sweep + offset));
    const until = sweep + 120 * SECOND;

    const orders = await collected(everyOrder({ scenario, interventions, from, until, depth }));

    const met = new Set(orders.flatMap(({ turns }) => turns));
    expect([...met]).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^power\/begin of one/),
        expect.stringMatching(/^power\/begin of two/),
        expect.stringMatching(/^site\/tick of event/),
      ]),
    );
    expectAll(
      `lease of an aborted run, triggers after ${offset} ms, to depth ${depth}`,
      orders,
      OPEN,
      more,
    );
  },
);

/** Around the moment at which `power/act` looks at the record and then calls RDS. */
async function aroundFirstCall() {
  const scenario = optionsOf(site, opening);
  const calls = await recorded(scenario);
  const looked = calls.find((one) => one.by === 'power/act' && one.at > at('2026-11-30T07:00'))?.at;
  const instant = (looked ?? 0) - 20;
  return { scenario, instant, from: instant - 500, until: instant + 20 * SECOND };
}

it('holds the next run off for as long as an aborted one may have a call in flight', async () => {
  const { scenario, instant, from, until } = await aroundFirstCall();
  const abort: Intervention = {
    label: 'abort',
    at: instant,
    act: ({ stepFunctions }) => stepFunctions.executions.at(-1)?.abort(),
  };
  const interventions = [abort, trigger('two', instant)];

  const orders = await collected(everyOrder({ scenario, interventions, from, until, depth: 7 }));

  expectAll('a call in flight of an aborted run, to depth 7', orders, OPEN, 30);
  const between =
    /act of \w+ dynamodb:Query > abort > .*begin of two .* > power\/act of \w+ rds:Start/;
  expect(orders.some(({ turns }) => between.test(turns.join(' > ')))).toBe(true);
});

it('finds the one order in which a record is changed between the look at it and the call', async () => {
  const { scenario, instant, from, until } = await aroundFirstCall();
  const robbery: Intervention = {
    label: 'another run takes the database',
    at: instant,
    act: robDatabase,
  };
  const explored = () =>
    collected(everyOrder({ scenario, interventions: [robbery], from, until, depth: 4 }));

  const orders = await explored();
  const again = await explored();

  const races = broken(orders).filter((text) => text.includes('(Record first)'));
  expect(races).toEqual([
    expect.stringMatching(/^power\/act of .* dynamodb:Query > another run takes the database/),
  ]);
  expect(orders.length).toBeGreaterThan(2);
  expect(again.map(({ turns, result }) => [turns, result.entries])).toEqual(
    orders.map(({ turns, result }) => [turns, result.entries]),
  );
});

/** A race as only a test plants it: nothing of ours writes an intent without the lease. */
function robDatabase({ dynamodb }: World): void {
  const [table] = dynamodb.tables.values();
  for (const [key, item] of table?.items ?? []) {
    if (item.sk?.S !== 'INTENT#database' || !item.value?.M) continue;
    const value = { M: { ...item.value.M, run: { S: 'another run' } } };
    table?.items.set(key, { ...item, value });
  }
}
