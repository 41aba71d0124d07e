import { expect, it } from 'vitest';
import type { Services } from '../../functions/shared/clients.ts';
import { clockOf, dateOf, instantAt } from '../../simulator/report/local-time.ts';
import { documentedErrors } from '../../simulator/sdk-model/errors.ts';
import { type LocalFault, optionsOf, play, siteOf } from './support/play.ts';
import { isOfApi, recorded } from './support/recording.ts';

const site = siteOf();
const MINUTE = 60_000;

/** Where faults are planted: a minute before the planned change, which begins from its opposite. */
const OCCASIONS = [
  { at: '2026-11-30T06:59', from: '2026-11-30T06:30', days: 0.055, faults: [] },
  { at: '2026-11-30T18:59', from: '2026-11-30T18:50', days: 0.045, faults: [] },
  // Only then it is the tick that starts the run.
  {
    at: '2026-11-30T06:59',
    from: '2026-11-30T06:30',
    days: 0.055,
    faults: [{ name: 'lost-events', on: 'schedule', at: '2026-11-30T06:59' } as const],
  },
];

interface Occasion {
  readonly at: string;
  readonly from: string;
  readonly days: number;
  readonly faults: readonly LocalFault[];
}

const errorsOf = (call: string): string[] => {
  const [service, operation] = call.split(':') as [keyof Services, string];
  return [...documentedErrors(service, operation).keys()];
};

/**
 * For each operation that our functions call, the occasions on which a fault of so many minutes
 * meets it. What is called only later than that has its fault from the minute of its first call.
 */
async function occasions(minutes: number): Promise<[string, Occasion[]][]> {
  const soon = new Map<string, Occasion[]>();
  const late = new Map<string, Occasion[]>();
  for (const occasion of OCCASIONS) {
    const begin = instantAt(occasion.at, site.timeZone).getTime();
    const every = (await recorded(optionsOf(site, occasion))).filter(isOfApi);
    const calls = every.filter(({ at }) => at >= begin);
    for (const call of new Set(calls.map(({ call }) => call))) {
      const first = calls.find((one) => one.call === call)?.at ?? begin;
      const found = first < begin + minutes * MINUTE ? soon : late;
      const at = found === soon ? occasion.at : minuteOf(first);
      found.set(call, [...(found.get(call) ?? []), { ...occasion, at }]);
    }
  }
  return [...new Map([...late, ...soon])].sort();
}

const minuteOf = (instant: number): string =>
  `${dateOf(instant, site.timeZone)}T${clockOf(instant, site.timeZone).slice(0, 5)}`;

/** What this error leads to, in words; undefined if all promises are kept. */
async function consequence(
  on: string,
  minutes: number,
  { at, ...scene }: Occasion,
): Promise<string | undefined> {
  const fault = { name: 'failing-api', on, at, minutes } as const;
  const days = scene.days + (minutes - 5) / 1440;
  const { failure, unstruck } = await play(site, {
    ...scene,
    days,
    faults: [...scene.faults, fault],
  });
  const missed = unstruck.map(({ name }) => `${name} struck nothing`);
  const [wrong] = [failure?.message, ...missed].filter((text) => text !== undefined);
  return wrong && `${on} at ${at}: ${wrong}`;
}

it('keeps every promise under each documented error of each operation, for five minutes', async () => {
  const wrong: (string | undefined)[] = [];

  for (const [call, where] of await occasions(5)) {
    for (const [nth, error] of errorsOf(call).entries()) {
      // A stop is the cheaper play, so it takes two of three.
      const occasion = where[nth % 3 === 0 ? 0 : Math.min(1, where.length - 1)] as Occasion;
      wrong.push(await consequence(`${call}=${error}`, 5, occasion));
    }
  }

  process.stdout.write(`${wrong.length} documented errors\n`);
  expect(wrong.filter((text) => text !== undefined)).toEqual([]);
  expect(wrong.length).toBeGreaterThan(300);
});

it('keeps every promise under errors that last for half an hour', async () => {
  const wrong: (string | undefined)[] = [];

  for (const [call, where] of await occasions(30)) {
    const errors = errorsOf(call);
    const throttling = errors.find((name) =>
      /Throttling|RequestLimit|TooManyRequests|SlowDown/.test(name),
    );
    for (const error of new Set([throttling, errors.at(-1)])) {
      wrong.push(await consequence(`${call}=${error}`, 30, where[0] as Occasion));
    }
  }

  expect(wrong.filter((text) => text !== undefined)).toEqual([]);
  expect(wrong.length).toBeGreaterThan(20);
});

it('meets each operation that our functions call', async () => {
  const called = new Set<string>();
  for (const occasion of OCCASIONS) {
    const calls = await recorded(optionsOf(site, occasion));
    for (const { call } of calls.filter(isOfApi)) called.add(call);
  }

  const met = (await occasions(5)).map(([call]) => call);

  expect(met).toEqual([...called].sort());
  expect(met).toContain('sfn:StartExecution');
  expect(met).toContain('sns:Publish');
  expect(met.length).toBeGreaterThanOrEqual(15);
});
