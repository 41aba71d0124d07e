import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { edited, endings, oneAtNight, play, siteOf, subjects } from './support/play.ts';

const site = siteOf();
const monday = '2026-11-30T00:00';

/** Does something at a time of the site's clock. */
const atLocal = (local: string, act: (world: World) => void) => (world: World) =>
  world.clock.at(instantAt(local, site.timeZone).getTime(), () => act(world)) as never;

it('gives the lease of an aborted run back within five minutes and finishes what it began', async () => {
  const abort = atLocal('2026-11-30T07:03', ({ stepFunctions }) => {
    stepFunctions.executions.at(-1)?.abort();
  });

  const result = await play(site, { from: monday, days: 1, prepare: abort });

  expect(result.failure).toBeUndefined();
  const [aborted, next] = result.runs.filter(
    ({ startedAt }) => startedAt >= Date.parse('2026-11-30T12:00Z'),
  );
  expect(aborted?.status).toBe('ABORTED');
  expect(next).toMatchObject({ trigger: 'tick', state: 'Site As Wished' });
  const gap = ((next?.startedAt ?? 0) - (aborted?.endedAt ?? 0)) / 1000;
  // A Lambda of the aborted run may be in flight for 120 seconds; then the tick waits its pause.
  expect(gap).toBeGreaterThanOrEqual(120);
  expect(gap).toBeLessThanOrEqual(120 + 60 + 300 + 60);
});

it('takes a doubled event of the schedule for one', async () => {
  const again = atLocal('2026-11-30T07:01', ({ stepFunctions }) => {
    const machine = stepFunctions.executions.at(-1)?.machine ?? '';
    stepFunctions.start(machine, JSON.stringify({ trigger: 'schedule', again: true }));
  });

  const once = await play(site, { from: monday, days: 1 });
  const twice = await play(site, { from: monday, days: 1, prepare: again });

  const calls = (result: typeof once) =>
    result.entries.filter(({ kind }) => kind === 'call').map(({ text }) => text);
  expect(twice.failure).toBeUndefined();
  expect(twice.runs).toHaveLength(once.runs.length + 1);
  expect(calls(twice)).toEqual(calls(once));
  expect(subjects(twice)).toEqual(subjects(once));
});

it('keeps the site open over its closing time for as long as a person asked for', async () => {
  const override = {
    wish: 'running',
    from: '2026-11-30T23:00:00.000Z',
    until: '2026-12-01T02:00:00.000Z',
    by: 'arn:aws:iam::111122223333:user/pat',
    reason: 'late list in theatre 2',
  };
  const ask = atLocal('2026-11-30T18:00', ({ dynamodb }) => {
    const [table] = dynamodb.tables.values();
    const item = marshall({ pk: 'SITE', sk: 'OVERRIDE', version: 1, value: override });
    table?.items.set('override', item);
  });

  const result = await play(site, { from: monday, days: 1, prepare: ask });

  expect(result.failure).toBeUndefined();
  const stops = result.entries.filter(
    ({ text, at }) => text === 'ec2:StopInstances node a' && at > '2026-11-30T12',
  );
  // 19:00 passes; the override ends at 21:00, which the tick notices.
  expect(stops.map(({ at }) => at.slice(0, 15))).toEqual(['2026-12-01T02:0']);
});

it('keeps one node serving at night where the operator wants that, and proves it first', async () => {
  const night = oneAtNight();

  const result = await play(night, { from: monday, days: 2 });

  expect(result.failure).toBeUndefined();
  const calls = result.entries.filter(({ kind }) => kind === 'call').map(({ text }) => text);
  expect(new Set(calls)).toEqual(
    new Set(['drain node b', 'ec2:StopInstances node b', 'ec2:StartInstances node b']),
  );
  expect(subjects(result)).toContainEqual(
    expect.stringMatching(/^\[clinic\] Night: node a stays on - use https/),
  );
});

it('has nothing to do on a site that is always on but to look at its certificates daily', async () => {
  const always = siteOf({ schedule: undefined, environment: 'prd' });

  const result = await play(always, { from: monday, days: 7 });

  expect(result.failure).toBeUndefined();
  expect(result.entries.filter(({ kind }) => kind === 'call')).toEqual([]);
  expect(endings(result)).toEqual([
    'Site As Wished',
    ...Array(7).fill('Certificates Looked After'),
  ]);
});

it('stops the database again when AWS has started it after seven days', async () => {
  const closed = siteOf({
    schedule: {
      windows: [{ from: '07:00', to: '19:00' }],
      exceptions: [{ dates: '2026-12-01/2026-12-12', name: 'Move to the new building' }],
    },
  });

  const result = await play(closed, { from: monday, days: 14 });

  expect(result.failure).toBeUndefined();
  const selfStart = result.entries.find(
    ({ who, text }) => who === 'database' && text === 'starting',
  );
  const stop = result.entries.find(
    ({ text, at }) => text === 'rds:StopDBInstance database' && at > (selfStart?.at ?? ''),
  );
  const minutes = (Date.parse(stop?.at ?? '') - Date.parse(selfStart?.at ?? '')) / 60_000;
  expect(minutes).toBeGreaterThan(2);
  expect(minutes).toBeLessThan(10);
  const told = result.deliveries.find(({ text }) =>
    text.includes('AWS has started the database by itself'),
  );
  expect(told?.subject).toContain('Closed as planned');
});

it('wakes the operator by an alarm when nothing ticks any more', async () => {
  const silent = edited(site, ({ Resources }) => {
    const [minute] = Object.keys(Resources).filter((id) => id.startsWith('SiteEachMinuteSchedule'));
    delete Resources[minute ?? ''];
  });

  const result = await play(silent, { from: monday, days: 1 });

  const alarm = result.deliveries.find(({ subject }) => subject.startsWith('ALARM:'));
  expect(alarm?.text).toContain('docs/runbook.md#tick-missing');
  expect(alarm?.at.slice(0, 15)).toBe('2026-11-30T05:0');
});

it('takes clients again when a person calls off a closing whose drain has begun', async () => {
  const override = {
    wish: 'running',
    from: '2026-12-01T00:00:50.000Z',
    until: '2026-12-01T03:00:00.000Z',
    by: 'arn:aws:iam::111122223333:user/pat',
    reason: 'one more patient',
  };
  const ask = atLocal('2026-11-30T19:01', ({ dynamodb }) => {
    const [table] = dynamodb.tables.values();
    const item = marshall({ pk: 'SITE', sk: 'OVERRIDE', version: 1, value: override });
    table?.items.set('override', item);
  });

  const result = await play(site, { from: monday, days: 1, seed: 3, prepare: ask });

  expect(result.failure).toBeUndefined();
  const evening = result.entries.filter(({ at }) => at > '2026-12-01T00:00');
  const calls = evening.filter(({ kind }) => kind === 'call').map(({ text }) => text);
  expect(calls.slice(0, 2)).toEqual(['drain node a', 'drain node b']);
  expect(calls).toContain('undrain node a');
  expect(endings(result).slice(-3, -1)).toEqual(['Handed Over', 'Site As Wished']);
});

it('does not take a node that nobody finds for stopped, and leaves its database alone', async () => {
  const untagged = atLocal('2026-11-30T19:00', ({ ec2 }) => {
    const b = ec2.instances.find(({ tags }) => tags['orthweb:node'] === 'b');
    if (b) delete (b.tags as Record<string, string>)['orthweb:node'];
  });

  const result = await play(site, { from: monday, days: 0.804, prepare: untagged });

  const stops = result.entries.filter(
    ({ text, at }) => text.startsWith('rds:Stop') && at > '2026-12-01',
  );
  const told = result.deliveries.at(-1);
  expect(stops).toEqual([]);
  expect(told?.subject).toMatch(/LATE: stop of Mon 30 Nov 19:00/);
  expect(told?.text).toContain('node b is missing: no instance carries its tags');
});

it('starts a database again that somebody has stopped while the site is open', async () => {
  const meddle = atLocal('2026-11-30T10:00', (world) => world.site.database.stopByHand());

  const result = await play(site, { from: monday, days: 1, prepare: meddle });

  expect(result.failure).toBeUndefined();
  const start = result.entries.find(
    ({ text, at }) => text.startsWith('rds:Start') && at > '2026-11-30T15',
  );
  expect(start?.reason).toContain('the database is stopped');
  const told = result.deliveries.find(({ text }) => text.includes('stopped outside the plan'));
  expect(told?.subject).toContain('OPEN - use https://');
});
