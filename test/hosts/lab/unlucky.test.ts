import { existsSync, readlinkSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';

const { lab, send } = await runningLab();
const device = new Device(lab);

const serves = { serves: true, verdict: 'serves' };
const shell = (script: string) => lab.a.run(['bash', '-c', script]);
/** Docker's daemon is away, and what it has started runs on. */
async function withoutDocker<T>(work: () => Promise<T>): Promise<T> {
  await shell('mv /run/docker.sock /run/docker.away');
  try {
    return await work();
  } finally {
    await shell('mv /run/docker.away /run/docker.sock');
  }
}

it('does not call a node drained when Docker does not say what nginx does', async () => {
  const { code, json } = await withoutDocker(() => send('a', 'drain'));

  expect(code).toBe(1);
  expect(json).toEqual({ reason: 'Docker does not answer: nginx may still take clients.' });
  expect((await send('a', 'probe')).json).toMatchObject(serves);
});

it('remembers secrets that Orthanc could not be given because Docker did not answer', async () => {
  lab.secrets.users = { ...lab.secrets.users, late: 'a password for later' };

  const without = await withoutDocker(() => send('a', 'secrets'));
  const { json } = await send('a', 'secrets');

  expect(without.code).toBe(1);
  expect(without.json.reason).toMatch(/^Docker does not answer/);
  expect(json).toEqual({ changed: [], restarted: ['orthanc'] });
  expect(await device.get('a', '/orthanc/system', 'late')).toMatchObject({ status: 200 });
});

it('finds that a node serves, however many ask at once', async () => {
  const probes = await Promise.all(Array.from({ length: 6 }, () => send('a', 'probe')));

  for (const { json } of probes) expect(json).toMatchObject(serves);
});

it('needs the master only once for a password with all that psql reads otherwise', async () => {
  lab.secrets.database = { username: 'orthanc', password: 'with:colon\\and "quote" and space' };
  const first = await send('a', 'boot');
  const given = lab.secretsGiven.length;

  const again = await send('a', 'boot');

  expect([first.json, again.json]).toEqual([{ booted: true }, { booted: true }]);
  expect(lab.secretsGiven.slice(given)).not.toContain('master');
}, 120_000);

it('makes an interim pair where an earlier one was left half-way by a lost power', async () => {
  const tls = lab.a.disk('opt/orthweb/tls');
  await lab.a.powerOff();
  rmSync(`${tls}/live`);
  // As after each of the two moves that come before the last one.
  expect(existsSync(`${tls}/gen/interim/tls.key`)).toBe(true);

  await lab.a.boot();

  expect(readlinkSync(`${tls}/live`)).toBe('gen/interim');
  expect((await send('a', 'probe')).json).toMatchObject(serves);
}, 120_000);
