import { expect, it } from 'vitest';
import {
  everyOrder,
  type Intervention,
  type Order,
} from '../../simulator/explore/interleavings.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { collected } from './support/collected.ts';
import { CLOSED, ends } from './support/ends.ts';
import { clinic } from './support/faulted.ts';
import { optionsOf, unwatched } from './support/play.ts';
import { always, DUE, look, renewedIn } from './support/renewals.ts';

const SECOND = 1000;

/** A run of the workflow, which a person starts. */
const renewal = (name: string, at: number): Intervention => ({
  label: `renew ${name}`,
  at,
  act: (world) => {
    look(world, {}, name);
  },
});

const abortion = (name: string, at: number): Intervention => ({
  label: `abort ${name}`,
  at,
  act: ({ stepFunctions }) => stepFunctions.executions.find((one) => one.name === name)?.abort(),
});

it.each([0, 8, 14, 80])(
  'ends with the site closed in every order of a renewal, its abort, the planned stop and the tick (%i s)',
  async (before) => {
    const stop = instantAt('2026-11-30T19:00', clinic.timeZone).getTime();
    const begin = stop - before * SECOND;
    const scenario = optionsOf(unwatched(clinic), {
      from: '2026-11-30T18:50',
      days: 0.04,
      certificates: DUE,
    });

    const orders = await collected(
      everyOrder({
        scenario,
        interventions: [renewal('one', begin), abortion('one', stop + 2 * SECOND)],
        from: stop - SECOND,
        until: stop + 90 * SECOND,
        depth: 4,
      }),
    );

    process.stdout.write(`renewal ${before} s before a stop: ${orders.length} orders\n`);
    expect(broken(orders)).toEqual([]);
    for (const { turns, result } of orders) expect(ends(result), turns.join(' > ')).toEqual(CLOSED);
    expect(orders.length).toBeGreaterThan(4);
  },
);

it.each([0, 12])(
  'ends with both nodes renewed in every order of two renewals and an abort after %i s',
  async (after) => {
    const worlds: World[] = [];
    const at = instantAt('2026-11-30T11:40', always.timeZone).getTime();
    const scenario = optionsOf(always, {
      from: '2026-11-30T11:35',
      // Past the daily look, which renews what a run that was aborted has left.
      days: 0.025,
      certificates: DUE,
      prepare: (world) => worlds.push(world),
    });

    const orders = await collected(
      everyOrder({
        scenario,
        interventions: [
          renewal('one', at),
          renewal('two', at),
          abortion('one', at + after * SECOND),
        ],
        from: at,
        until: at + 30 * SECOND,
        depth: 5,
      }),
    );

    process.stdout.write(`two renewals, abort after ${after} s: ${orders.length} orders\n`);
    expect(broken(orders)).toEqual([]);
    const behind = orders.filter((_order, index) => renewedIn(worlds[index]).length < 2);
    expect(behind.map(({ turns }) => turns.join(' > '))).toEqual([]);
    expect(orders.length).toBeGreaterThan(4);
  },
);

/** The order and what it broke, of those that broke something. */
const broken = (orders: readonly Order[]): string[] =>
  orders.flatMap(({ turns, result }) =>
    result.failure ? [`${turns.join(' > ')}: ${result.failure.message}`] : [],
  );
