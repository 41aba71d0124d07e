import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Ended } from '../../../simulator/lab/command.ts';
import { changedBundle } from '../support/changed-bundle.ts';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';

const { lab, send } = await runningLab({ bundle: changedBundle({}) });
const device = new Device(lab);
await device.images('few', 5);
await device.images('many', 200);
await device.images('some', 30);

/** Whether a device got as far as sending: one that does not is free to go to the other node. */
const accepted = ({ stdout, stderr }: Ended) => (stdout + stderr).includes('Association Accepted');
const page = () => device.get('a', '/orthanc/system').then(({ status }) => status);
const isDone = ({ code }: Ended) => code === 0;
const serves = async () => (await send('a', 'probe')).json;

/** Does something again and again until it is told to end; then it gives all outcomes. */
function loop<T>(work: () => Promise<T>): () => Promise<T[]> {
  let going = true;
  const all = (async () => {
    const outcomes: T[] = [];
    while (going) outcomes.push(await work());
    return outcomes;
  })();
  return () => {
    going = false;
    return all;
  };
}

/** A device that stops in the middle of a store, and goes on when it is told to. */
async function holding(): Promise<() => Promise<Ended>> {
  const go = lab.client.path('go');
  for (const file of [go, `${go}.held`]) rmSync(file, { force: true });
  const ended = device.store('a', 'some', { until: '/mnt/client/go' });
  await until('a store', () => existsSync(`${go}.held`), Boolean);
  return () => {
    writeFileSync(go, '');
    return ended;
  };
}

describe('a drain', () => {
  it('cuts nobody whom the node has taken, takes nobody else, and ends when it is empty', async () => {
    const long = device.store('a', 'many');
    const stores = [0, 1].map(() => loop(() => device.store('a', 'few', { seconds: 30 })));
    const pages = loop(page);
    await until(
      'a long store',
      () => device.count('b'),
      (count) => count > 30,
    );

    const drained = await send('a', 'drain');

    const [late, lateId] = [await device.store('a', 'few'), await page()];
    const outcomes = [await long, ...(await Promise.all(stores.map((end) => end()))).flat()];
    expect(drained).toMatchObject({ code: 0, json: { left: 0 } });
    const taken = outcomes.filter(accepted);
    expect(taken.length).toBeGreaterThan(2);
    expect(taken.filter(({ code }) => code !== 0)).toEqual([]);
    expect(await device.count('b')).toBe(205);
    // A page that was begun is sent to its end, then there are none.
    const statuses = await pages();
    expect(new Set(statuses)).toEqual(new Set([200, 0]));
    expect({ late: accepted(late), lateId }).toEqual({ late: false, lateId: 0 });
    expect(await serves()).toMatchObject({ serves: false, verdict: 'drained', listens: false });
  });

  it('is not undone by a boot, and by an undrain it is', async () => {
    const booted = await send('a', 'boot');
    const still = await serves();

    const undrained = await send('a', 'undrain');

    expect(booted).toMatchObject({ code: 0, json: { booted: true } });
    expect(still).toMatchObject({ verdict: 'drained' });
    expect(undrained).toMatchObject({ code: 0, json: { undrained: true } });
    expect(await serves()).toMatchObject({ serves: true });
    expect(await device.store('a', 'few')).toMatchObject({ code: 0 });
  });
});

describe('a drain that somebody holds up', () => {
  // Four minutes are long for a test; what comes at their end does not hang on how long they were.
  const waits = (seconds: number) => {
    const script = lab.a.disk('opt/orthweb/host/drain.sh');
    const text = readFileSync(script, 'utf8');
    writeFileSync(script, text.replace(/SECONDS \+ \d+/, `SECONDS + ${seconds}`));
  };

  it('ends after its time with how many are left, and they go on', async () => {
    waits(4);
    const release = await holding();

    const drained = await send('a', 'drain');

    expect(drained).toMatchObject({
      code: 1,
      json: { left: 1, reason: '1 connections were still open after four minutes' },
    });
    expect(await release()).toMatchObject({ code: 0 });
    expect(await send('a', 'undrain')).toMatchObject({ json: { undrained: true } });
  });

  it('is called off by an undrain that comes in between', async () => {
    waits(15);
    const release = await holding();
    const draining = send('a', 'drain');
    const waiting = 'test -e /run/orthweb/drained && flock --nonblock /run/orthweb/lock true';
    await until('a drain that waits', () => lab.a.run(['bash', '-c', waiting]), isDone);

    const undraining = send('a', 'undrain');
    await pause(500);
    const held = await release();
    const [drained, undrained] = await Promise.all([draining, undraining]);

    expect(undrained).toMatchObject({ code: 0, json: { undrained: true } });
    expect(drained).toMatchObject({ code: 1, json: { reason: 'The drain was called off.' } });
    expect(held).toMatchObject({ code: 0 });
    expect(await serves()).toMatchObject({ serves: true });
  });

  it('is forgotten with the power', async () => {
    expect(await send('a', 'drain')).toMatchObject({ json: { left: 0 } });

    await lab.a.crash();
    await lab.a.boot();

    expect(await serves()).toMatchObject({ serves: true });
  });
});
