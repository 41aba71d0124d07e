import type { DBInstance } from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import type { ServiceEvent } from '../../simulator/services/eventbridge.ts';
import { stillWorld } from './support/still-world.ts';

const MINUTE_MS = 60_000;

interface Detail {
  readonly EventID: string;
}

/** The database in the middle of a day, and what it tells the bus. */
async function atWork() {
  const { world } = await stillWorld(undefined, '2026-11-30T12:00');
  const events: ServiceEvent[] = [];
  const { emit } = world.bus;
  world.bus.emit = (event) => {
    if (event.source === 'aws.rds') events.push(event);
    return emit.call(world.bus, event);
  };
  const measured: number[] = [];
  const { record } = world.cloudwatch;
  world.cloudwatch.record = (...value) => {
    if (value[1] === 'FreeStorageSpace') measured.push(value[3]);
    record.apply(world.cloudwatch, value);
  };
  const { clock, site } = world;
  const { database } = site;
  return {
    world,
    events,
    database,
    measured,
    ids: () => events.map(({ detail }) => (detail as Detail).EventID),
    status: () => (database.described() as DBInstance).DBInstanceStatus,
    host: () => site.node('a')?.host,
    wait: (minutes: number) => clock.runUntil(new Date(clock.now + minutes * MINUTE_MS), () => {}),
  };
}

describe('RDS tells the bus', () => {
  it('that a database has stopped, in the shape of AWS', async () => {
    const { database, events, wait, world } = await atWork();

    database.stopByHand();
    await wait(6);

    expect(events).toEqual([
      {
        source: 'aws.rds',
        'detail-type': 'RDS DB Instance Event',
        resources: [database.arn],
        detail: {
          EventCategories: ['notification'],
          SourceType: 'DB_INSTANCE',
          SourceArn: database.arn,
          Date: expect.stringMatching(/^2026-11-30T17:0\d:\d\d\.\d{3}Z$/),
          Message: 'DB instance stopped.',
          SourceIdentifier: database.identifier,
          EventID: 'RDS-EVENT-0087',
        },
      },
    ]);
    expect(world.bus.hears(events[0] as ServiceEvent)).toBe(true);
  });

  it('that it starts one after seven days, and that it has', async () => {
    const { database, ids, wait, world } = await atWork();
    // The tick would have it started long before.
    world.scheduler.deploy = () => {};
    world.lambda.invokeAsync = async () => null;
    world.stepFunctions.start = () => undefined as never;

    database.stopByHand();
    await wait(7 * 24 * 60 + 15);

    expect(ids()).toEqual(['RDS-EVENT-0087', 'RDS-EVENT-0154', 'RDS-EVENT-0088']);
  });
});

describe('a database that fails over', () => {
  it('cuts its clients off while its status stays, and tells begin and end', async () => {
    const { database, host, ids, status, wait } = await atWork();
    expect(host()?.deep).toBe(200);

    database.failover(90);

    expect([host()?.deep, status(), database.greets]).toEqual([504, 'available', false]);
    expect(ids()).toEqual(['RDS-EVENT-0013']);
    await wait(2);
    expect([host()?.deep, database.greets]).toEqual([200, true]);
    expect(ids()).toEqual(['RDS-EVENT-0013', 'RDS-EVENT-0049']);
  });

  it('has to be running', async () => {
    const { database, ids } = await atWork();
    database.stopByHand();

    database.failover(90);

    expect(ids()).toEqual([]);
  });
});

describe('a database whose storage is full', () => {
  it('says so, takes connections, and lets Orthanc do nothing', async () => {
    const { database, host, ids, measured, status, wait } = await atWork();

    database.fill(1);
    await wait(2.5);

    expect([host()?.deep, status()]).toEqual([503, 'storage-full']);
    expect([database.greets, database.available]).toEqual([true, false]);
    expect(ids()).toEqual(['RDS-EVENT-0007']);
    expect(measured).toEqual([0, 0, 0]);
  });

  it('is well again when there is room', async () => {
    const { database, host, measured, status, wait } = await atWork();
    database.fill(1);

    database.fill(-1);
    await wait(3);

    expect([host()?.deep, status()]).toEqual([200, 'available']);
    expect(measured).toEqual([0]);
  });

  it('is measured once a minute, however often it has become full', async () => {
    const { database, measured, wait } = await atWork();

    for (const more of [1, -1, 1] as const) database.fill(more);
    await wait(1.5);

    expect(measured).toEqual([0, 0, 0]);
  });

  it('is told once, however many reasons there are', async () => {
    const { database, ids, status } = await atWork();

    database.fill(1);
    database.fill(1);
    database.fill(-1);

    expect(ids()).toEqual(['RDS-EVENT-0007']);
    expect(status()).toBe('storage-full');
  });
});
