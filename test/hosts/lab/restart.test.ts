import { expect, it } from 'vitest';
import { killed, signalled } from '../support/break.ts';
import { changedBundle, put } from '../support/changed-bundle.ts';
import { Outside } from '../support/outside.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';
import { serving, viewsOf } from '../support/views.ts';

// What hangs gets less time to end; what comes after that does not hang on how long it was.
const brief = { 'host/restart.sh': put('stop --timeout 20', 'stop --timeout 4') };
const running = await runningLab({ bundle: changedBundle(brief) });
const { on, send } = running;
const outside = new Outside(running.lab);

it('restart repairs an Orthanc that hangs, and no client of the other node notices', async () => {
  await on('a', signalled('STOP', 'orthanc'));
  let done = false;
  const others: string[] = [];

  const repair = send('a', 'restart', { Service: 'orthanc' }).finally(() => {
    done = true;
  });
  while (!done) others.push((await viewsOf(running, outside, 'b')).seen);

  expect(await repair).toMatchObject({ code: 0, json: { restarted: 'orthanc' } });
  expect(others.length).toBeGreaterThan(2);
  expect(new Set(others)).toEqual(new Set(['serves']));
  await serving(running, outside, ['a']);
});

it.each(['orthanc', 'nginx'])(
  'restart starts a dead %s again, which Docker does not',
  async (service) => {
    await on('a', killed(service));
    await until(
      'its end',
      () => first(service),
      (pid) => pid === '0',
    );

    const { code, json } = await send('a', 'restart', { Service: service });

    expect({ code, json }).toEqual({ code: 0, json: { restarted: service } });
    await serving(running, outside, ['a']);
  },
);

it('restart of all makes both containers anew', async () => {
  const before = [await first('nginx'), await first('orthanc')];

  const { code, json } = await send('a', 'restart', { Service: 'all' });

  expect({ code, json }).toEqual({ code: 0, json: { restarted: 'all' } });
  expect(before).not.toContain(await first('nginx'));
  expect(before).not.toContain(await first('orthanc'));
  await serving(running, outside, ['a']);
});

it.each(['orthanc', 'nginx'])('Docker starts %s again when it crashes', async (service) => {
  const before = await first(service);

  await on('a', signalled('KILL', service));

  await until(
    'its start',
    () => first(service),
    (pid) => !['0', before].includes(pid),
  );
  await serving(running, outside, ['a']);
});

it('an Orthanc that is told to end while it starts ends at once', async () => {
  const seconds = await on(
    'a',
    `docker compose --project-directory /opt/orthweb kill orthanc
     docker compose --project-directory /opt/orthweb up --detach orthanc
     sleep 0.2
     SECONDS=0
     docker compose --project-directory /opt/orthweb stop --timeout 30 orthanc
     echo "$SECONDS"`,
  );

  const { code } = await send('a', 'restart', { Service: 'orthanc' });

  expect(Number(seconds)).toBeLessThan(10);
  expect(code).toBe(0);
  await serving(running, outside, ['a']);
});

it('a drained host stays drained through restarts, until it is undrained', async () => {
  await send('a', 'drain');

  const nginx = await send('a', 'restart', { Service: 'nginx' });
  const orthanc = await send('a', 'restart', { Service: 'orthanc' });
  const afterOrthanc = await viewsOf(running, outside, 'a');
  const all = await send('a', 'restart', { Service: 'all' });
  const afterAll = await viewsOf(running, outside, 'a');

  expect(nginx).toMatchObject({
    code: 1,
    json: { restarted: null, reason: 'This host is drained: undrain starts nginx.' },
  });
  expect(orthanc).toMatchObject({ code: 0, json: { restarted: 'orthanc' } });
  expect(all).toMatchObject({ code: 0, json: { restarted: 'all' } });
  const drained = { verdict: 'drained', seen: 'nginx-down' };
  expect([afterOrthanc, afterAll]).toMatchObject([drained, drained]);
  expect((await send('a', 'undrain')).code).toBe(0);
  await serving(running, outside, ['a']);
});

/** The number of a service's first process, 0 if it does not run. */
async function first(service: string): Promise<string> {
  const pid = await on('a', `docker inspect --format '{{.State.Pid}}' orthweb-${service}-1`);
  return pid.trim();
}
